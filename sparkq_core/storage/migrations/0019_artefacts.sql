-- The files of an accepted task are written after the commit of the verdict. A process that ends in between leaves the row, and
-- the next one writes them. `event` is that of the verdict, so that a later verdict is not taken for done.
CREATE TABLE artefacts_due (
    task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
    event INTEGER NOT NULL
) STRICT;
