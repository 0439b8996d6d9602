-- A purge never deletes at one look of the clock: what is due is marked first, and goes when the mark is old enough in
-- observed time. `observed_ms` counts the time that SparkQ ran and saw pass on the machine's clock (`observed_at`) and on
-- the one that cannot be set (`observed_tick`, ms since the machine started).
ALTER TABLE project ADD COLUMN observed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN observed_at INTEGER;
ALTER TABLE project ADD COLUMN observed_tick INTEGER;

-- `due_since` is the review, or for an unreviewed task the news, from which its age counts: a mark of another moment is void.
CREATE TABLE purge_marks (
    task_id INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
    due_since INTEGER NOT NULL,
    reviewed INTEGER NOT NULL,
    observed_ms INTEGER NOT NULL
) STRICT;

-- What a purged task leaves: one line, which `sparkq task` still finds.
CREATE TABLE purged (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    error_type TEXT,
    excerpt TEXT NOT NULL,
    change TEXT,  -- JSON: files, insertions, deletions
    attempts INTEGER NOT NULL,
    finished_at INTEGER,
    reviewed_at INTEGER,
    purged_at INTEGER NOT NULL
) STRICT;

-- How many tasks each purge deleted, to say what went.
CREATE TABLE purges (
    at INTEGER PRIMARY KEY,
    reviewed INTEGER NOT NULL,
    unreviewed INTEGER NOT NULL
) STRICT;
