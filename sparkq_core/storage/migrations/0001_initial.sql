-- The first schema: one project's sessions, queues and tasks, and everything that happened to them.
-- Times are UTC milliseconds. Ids are never reused (AUTOINCREMENT), so that "#42" means one task for ever.

CREATE TABLE project (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    looked_at INTEGER,  -- the person's last look at the inbox
    purged_at INTEGER,  -- the last background purge, so that processes take turns
    indexed_event INTEGER NOT NULL DEFAULT 0,  -- the last event that the search index knows
    hooked_event INTEGER  -- the last event whose hooks were run; NULL until hooks are configured
) STRICT;

CREATE TABLE config (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL  -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE statuses (
    name TEXT PRIMARY KEY,
    finished INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO statuses VALUES ('queued', 0), ('running', 0), ('succeeded', 1), ('failed', 1);

CREATE TABLE task_classes (
    name TEXT PRIMARY KEY,
    timeout INTEGER NOT NULL CHECK (timeout BETWEEN 1 AND 604800),  -- seconds
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO task_classes VALUES
    ('FAST_SCRIPT', 30, 'Quick shell operations'),
    ('MEDIUM_SCRIPT', 300, 'Ordinary scripts'),
    ('LLM_LITE', 300, 'Quick work of a language model'),
    ('LLM_HEAVY', 900, 'Long analysis or code changes by a language model');

CREATE TABLE tools (
    name TEXT PRIMARY KEY,
    task_class TEXT NOT NULL REFERENCES task_classes (name),
    how TEXT NOT NULL  -- tells the worker how to execute the prompt
) STRICT, WITHOUT ROWID;

INSERT INTO tools VALUES
    ('run-bash', 'MEDIUM_SCRIPT', 'The prompt is a Bash command or script: run it in the repository and report what it printed and its exit code.'),
    ('run-python', 'MEDIUM_SCRIPT', 'The prompt is Python code or names a Python script: run it in the repository and report what it printed and its exit code.'),
    ('llm-haiku', 'LLM_LITE', 'A quick task for you: answer or make the small change that the prompt asks for.'),
    ('llm-sonnet', 'LLM_HEAVY', 'Work for you: do in the repository what the prompt asks for, check it, and report what changed.'),
    ('llm-codex', 'LLM_HEAVY', 'Code work: write or change the code that the prompt asks for, run the tests that touch it, and report what changed.');

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'ended')),
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

-- `back` and `front` are the last positions given at either end of the line: FIFO follows them, never a clock.
CREATE TABLE queues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    session_id INTEGER REFERENCES sessions (id),
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'ended', 'archived')),
    revision INTEGER NOT NULL DEFAULT 0,
    back INTEGER NOT NULL DEFAULT 0,
    front INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    archived_at INTEGER
) STRICT;

CREATE INDEX queues_of_session ON queues (session_id);

CREATE TABLE instructions (
    queue_id INTEGER NOT NULL REFERENCES queues (id),
    revision INTEGER NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (queue_id, revision)
) STRICT;

-- Slim: what lists and claims touch. `attempts` is both the count and the number of the present attempt;
-- worker, claimed_at, heartbeat_at, stale_warned_at and due_at are of that attempt.
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue_id INTEGER NOT NULL REFERENCES queues (id),
    status TEXT NOT NULL DEFAULT 'queued' REFERENCES statuses (name),
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    tool TEXT NOT NULL,
    task_class TEXT NOT NULL,
    timeout INTEGER NOT NULL CHECK (timeout BETWEEN 1 AND 604800),  -- seconds
    source TEXT NOT NULL,
    key TEXT,
    revision INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    worker TEXT,
    claimed_at INTEGER,
    heartbeat_at INTEGER,
    stale_warned_at INTEGER,
    due_at INTEGER,  -- when a sweep must look at the running task: to warn it, then to fail it
    finished_at INTEGER,
    reviewed_at INTEGER,
    error_type TEXT
) STRICT;

CREATE INDEX tasks_line ON tasks (queue_id, position) WHERE status = 'queued';
CREATE INDEX tasks_due ON tasks (due_at) WHERE status = 'running';
CREATE INDEX tasks_by_status ON tasks (status);
CREATE INDEX tasks_by_queue ON tasks (queue_id);
CREATE INDEX tasks_by_queue_status ON tasks (queue_id, status);
CREATE INDEX tasks_inbox ON tasks (finished_at) WHERE finished_at IS NOT NULL AND reviewed_at IS NULL;
CREATE INDEX tasks_reviewed ON tasks (finished_at) WHERE reviewed_at IS NOT NULL;
CREATE UNIQUE INDEX tasks_key ON tasks (key) WHERE key IS NOT NULL;

-- One row for each revision of a task's prompt.
CREATE TABLE prompts (
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (task_id, revision)
) STRICT;

-- One row for each execution. What ended an attempt is never overwritten; what its worker said too late
-- stands in the late_ columns until a person accepts it.
CREATE TABLE attempts (
    task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    worker TEXT NOT NULL,
    revision INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    heartbeat_at INTEGER,
    stale_warned_at INTEGER,
    finished_at INTEGER,
    outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'released')),
    result TEXT,
    data TEXT,  -- JSON
    error TEXT,
    error_type TEXT,
    late_outcome TEXT CHECK (late_outcome IN ('succeeded', 'failed')),
    late_text TEXT,
    late_data TEXT,  -- JSON
    late_at INTEGER,
    accepted_at INTEGER,
    git_before TEXT,  -- JSON: branch, head, dirty
    git_after TEXT,  -- JSON: branch, head, dirty, files, insertions, deletions
    PRIMARY KEY (task_id, attempt)
) STRICT;

CREATE INDEX attempts_finished ON attempts (finished_at) WHERE finished_at IS NOT NULL;

-- Append-only: the timeline of a task and the change feed of the doors.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    task_id INTEGER REFERENCES tasks (id) ON DELETE CASCADE,
    queue_id INTEGER,
    attempt INTEGER,
    worker TEXT,
    text TEXT
) STRICT;

CREATE INDEX events_of_task ON events (task_id) WHERE task_id IS NOT NULL;

-- Filled when somebody searches, from the events since the last time: enqueue and complete pay nothing for it.
CREATE VIRTUAL TABLE search USING fts5 (
    title, prompt, outcome, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

-- Kept counters: counting a million rows takes 26 ms, reading these 5 us.
CREATE TABLE counts (
    queue_id INTEGER NOT NULL,
    status TEXT NOT NULL,
    reviewed INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (queue_id, status, reviewed)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tasks_counted_in AFTER INSERT ON tasks BEGIN
    INSERT INTO counts VALUES (NEW.queue_id, NEW.status, NEW.reviewed_at IS NOT NULL, 1)
        ON CONFLICT DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER tasks_counted_over AFTER UPDATE OF status, reviewed_at, queue_id ON tasks
WHEN OLD.status <> NEW.status OR OLD.queue_id <> NEW.queue_id
    OR (OLD.reviewed_at IS NULL) <> (NEW.reviewed_at IS NULL) BEGIN
    UPDATE counts SET total = total - 1
        WHERE queue_id = OLD.queue_id AND status = OLD.status AND reviewed = (OLD.reviewed_at IS NOT NULL);
    INSERT INTO counts VALUES (NEW.queue_id, NEW.status, NEW.reviewed_at IS NOT NULL, 1)
        ON CONFLICT DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER tasks_counted_out AFTER DELETE ON tasks BEGIN
    UPDATE counts SET total = total - 1
        WHERE queue_id = OLD.queue_id AND status = OLD.status AND reviewed = (OLD.reviewed_at IS NOT NULL);
END;
