-- A verdict can be taken back while nothing has happened to the task since. The timeline says that it was given, and by which
-- door (terminal, page, REST); `before` is what it changed in the task's row. Tasks that were decided in one call have the
-- same `call`, which is the first of their events, and `size` says how many there were. `since` is the last event of which it
-- is known that nothing has happened to the task: the verdict's own, or that which took a later verdict back.
ALTER TABLE events ADD COLUMN door TEXT;

CREATE TABLE verdicts (
    event INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    call INTEGER NOT NULL,
    size INTEGER NOT NULL,
    since INTEGER NOT NULL,
    kind TEXT NOT NULL,
    before TEXT NOT NULL  -- JSON
) STRICT;
CREATE INDEX verdicts_of_task ON verdicts (task_id);
CREATE INDEX verdicts_of_call ON verdicts (call);
