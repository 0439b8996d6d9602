-- A command that returns at once cannot wait for the hooks that it caused: how they ended is read here afterwards, by
-- `sparkq hooks`, the doctor and the log. `task_id` is not a reference, because a run is shown after its task was purged.
CREATE TABLE hook_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hook TEXT NOT NULL,
    task_id INTEGER,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    exit_code INTEGER,  -- NULL if it was not started, or was stopped
    problem TEXT,  -- NULL if it succeeded
    stderr TEXT NOT NULL
) STRICT;
