-- Each verb writes fewer pages: what it cost to write a dozen was more than everything else that a verb does.

-- The counters stand in the row of their queue, beside the last position that was given, which changes with them.
-- `succeeded` and `failed` are all that ended so; of these, `unreviewed_…` nobody has looked at yet.
ALTER TABLE queues ADD COLUMN queued INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN running INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN succeeded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN unreviewed_succeeded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN unreviewed_failed INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER tasks_counted_in;
DROP TRIGGER tasks_counted_over;
DROP TRIGGER tasks_counted_out;
DROP TABLE counts;

UPDATE queues SET (queued, running, succeeded, failed, unreviewed_succeeded, unreviewed_failed) = (
    SELECT count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'running'),
        count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'),
        count(*) FILTER (WHERE status = 'succeeded' AND reviewed_at IS NULL),
        count(*) FILTER (WHERE status = 'failed' AND reviewed_at IS NULL)
    FROM tasks WHERE queue_id = queues.id
);

CREATE TRIGGER tasks_counted_in AFTER INSERT ON tasks BEGIN
    UPDATE queues SET
        back = max(back, NEW.position),
        queued = queued + (NEW.status = 'queued'),
        running = running + (NEW.status = 'running'),
        succeeded = succeeded + (NEW.status = 'succeeded'),
        failed = failed + (NEW.status = 'failed'),
        unreviewed_succeeded = unreviewed_succeeded + (NEW.status = 'succeeded' AND NEW.reviewed_at IS NULL),
        unreviewed_failed = unreviewed_failed + (NEW.status = 'failed' AND NEW.reviewed_at IS NULL)
    WHERE id = NEW.queue_id;
END;

-- Within one queue.
CREATE TRIGGER tasks_counted_over AFTER UPDATE OF status, reviewed_at ON tasks BEGIN
    UPDATE queues SET
        queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'),
        running = running + (NEW.status = 'running') - (OLD.status = 'running'),
        succeeded = succeeded + (NEW.status = 'succeeded') - (OLD.status = 'succeeded'),
        failed = failed + (NEW.status = 'failed') - (OLD.status = 'failed'),
        unreviewed_succeeded = unreviewed_succeeded + (NEW.status = 'succeeded' AND NEW.reviewed_at IS NULL)
            - (OLD.status = 'succeeded' AND OLD.reviewed_at IS NULL),
        unreviewed_failed = unreviewed_failed + (NEW.status = 'failed' AND NEW.reviewed_at IS NULL)
            - (OLD.status = 'failed' AND OLD.reviewed_at IS NULL)
    WHERE id = NEW.queue_id;
END;

CREATE TRIGGER tasks_counted_out AFTER DELETE ON tasks BEGIN
    UPDATE queues SET
        queued = queued - (OLD.status = 'queued'),
        running = running - (OLD.status = 'running'),
        succeeded = succeeded - (OLD.status = 'succeeded'),
        failed = failed - (OLD.status = 'failed'),
        unreviewed_succeeded = unreviewed_succeeded - (OLD.status = 'succeeded' AND OLD.reviewed_at IS NULL),
        unreviewed_failed = unreviewed_failed - (OLD.status = 'failed' AND OLD.reviewed_at IS NULL)
    WHERE id = OLD.queue_id;
END;

-- There are never more running tasks than workers, and tasks_due has them all: a claim and its end leave these alone.
DROP INDEX tasks_by_status;
DROP INDEX tasks_by_queue_status;
CREATE INDEX tasks_by_status ON tasks (status) WHERE status <> 'running';
CREATE INDEX tasks_by_queue_status ON tasks (queue_id, status) WHERE status <> 'running';

-- One tree instead of a table and its key.
CREATE TABLE attempts_2 (
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
) STRICT, WITHOUT ROWID;

INSERT INTO attempts_2 SELECT task_id, attempt, worker, revision, claimed_at, heartbeat_at, stale_warned_at, finished_at,
    outcome, result, data, error, error_type, late_outcome, late_text, late_data, late_at, accepted_at, git_before,
    git_after FROM attempts;
DROP TABLE attempts;
ALTER TABLE attempts_2 RENAME TO attempts;
CREATE INDEX attempts_finished ON attempts (finished_at) WHERE finished_at IS NOT NULL;

-- Without AUTOINCREMENT, which keeps the last id in a table of its own: whoever deletes tasks, and with them their
-- events, logs it under a higher id than any that went.
CREATE TABLE events_2 (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    task_id INTEGER REFERENCES tasks (id) ON DELETE CASCADE,
    queue_id INTEGER,
    attempt INTEGER,
    worker TEXT,
    text TEXT
) STRICT;

INSERT INTO events_2 SELECT id, at, kind, task_id, queue_id, attempt, worker, text FROM events ORDER BY id;
DROP TABLE events;
ALTER TABLE events_2 RENAME TO events;
CREATE INDEX events_of_task ON events (task_id) WHERE task_id IS NOT NULL;
