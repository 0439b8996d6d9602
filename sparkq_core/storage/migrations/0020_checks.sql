-- A queue can have a command that proves a task done. Its worker runs it, in its own shell; SparkQ never does. After
-- `max_checks` failures an attempt gets no further one.
ALTER TABLE queues ADD COLUMN check_command TEXT;
ALTER TABLE queues ADD COLUMN max_checks INTEGER NOT NULL DEFAULT 3 CHECK (max_checks >= 1);

-- The runs of a check for an attempt. `tree` are the files that it ran on, as the Git tree of `work_tree`; NULL if that is not
-- known. `same_tree` says whether the attempt ended with these files; NULL as long as that is not known. `touched` are the
-- changed files that the check itself reads.
CREATE TABLE checks (
    task_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,
    command TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'changed', 'stopped')),
    exit_code INTEGER,  -- NULL if it was broken off
    started_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    tail TEXT NOT NULL,
    work_tree TEXT,
    tree TEXT,
    same_tree INTEGER CHECK (same_tree IN (0, 1)),
    touched TEXT,  -- JSON
    PRIMARY KEY (task_id, attempt, number),
    FOREIGN KEY (task_id, attempt) REFERENCES attempts (task_id, attempt) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
