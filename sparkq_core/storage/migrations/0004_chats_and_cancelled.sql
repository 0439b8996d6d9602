-- A process is not a chat: attempts belong to the conversation that claimed them, which may outlive its server, or share
-- one with others. `session` is the client's own id of the conversation, NULL where the client tells none.
CREATE TABLE chats (
    id INTEGER PRIMARY KEY,
    client TEXT NOT NULL,
    version TEXT,
    session TEXT,
    cwd TEXT,
    model TEXT,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    gone_at INTEGER,
    gone_why TEXT
) STRICT;
CREATE UNIQUE INDEX chats_session ON chats (client, session) WHERE session IS NOT NULL;

ALTER TABLE attempts ADD COLUMN chat_id INTEGER REFERENCES chats (id);
-- The attempt that was claimed in the same call that settled this one: the call again finds it.
ALTER TABLE attempts ADD COLUMN next_task INTEGER;
ALTER TABLE attempts ADD COLUMN next_attempt INTEGER;
CREATE INDEX attempts_of_chat ON attempts (chat_id, outcome) WHERE chat_id IS NOT NULL;

-- The newest text that a worker sent after its attempt had ended: when it came, of which attempt it is and which outcome
-- it reports; NULL if none came since the last requeue.
ALTER TABLE tasks ADD COLUMN late_at INTEGER;
ALTER TABLE tasks ADD COLUMN late_attempt INTEGER;
ALTER TABLE tasks ADD COLUMN late_outcome TEXT CHECK (late_outcome IN ('succeeded', 'failed'));
UPDATE tasks SET (late_at, late_attempt, late_outcome) = (
    SELECT a.late_at, a.attempt, a.late_outcome FROM attempts AS a
    WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts AND a.late_at IS NOT NULL AND a.accepted_at IS NULL
) WHERE finished_at IS NOT NULL;

-- The attempt whose late result was accepted as the outcome; NULL if the outcome is that of the last attempt.
ALTER TABLE tasks ADD COLUMN accepted_attempt INTEGER;
UPDATE tasks SET accepted_attempt = attempts WHERE status = 'succeeded' AND EXISTS (
    SELECT 1 FROM attempts AS a
    WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts AND a.accepted_at IS NOT NULL
);

-- When the newest outcome or late text came that is for the person to see. A late text of a running task is shown when
-- its attempt has ended.
ALTER TABLE tasks ADD COLUMN news_at INTEGER AS (
    CASE WHEN status <> 'running' THEN coalesce(max(finished_at, late_at), finished_at, late_at) END
) VIRTUAL;
DROP INDEX tasks_inbox;
DROP INDEX tasks_reviewed;
CREATE INDEX tasks_inbox ON tasks (news_at) WHERE news_at IS NOT NULL AND reviewed_at IS NULL;
CREATE INDEX tasks_reviewed ON tasks (news_at) WHERE reviewed_at IS NOT NULL;
CREATE INDEX tasks_by_review ON tasks (reviewed_at) WHERE reviewed_at IS NOT NULL;
CREATE INDEX tasks_queued_late ON tasks (queue_id) WHERE status = 'queued' AND late_at IS NOT NULL;

-- A cancelled task is not a failed one: the person took it back, and a worker cannot bring it back.
INSERT INTO statuses VALUES ('cancelled', 1);
ALTER TABLE queues ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN unreviewed_cancelled INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER tasks_counted_in;
DROP TRIGGER tasks_counted_over;
DROP TRIGGER tasks_counted_out;

CREATE TRIGGER tasks_counted_in AFTER INSERT ON tasks BEGIN
    UPDATE queues SET
        back = max(back, NEW.position),
        queued = queued + (NEW.status = 'queued'),
        running = running + (NEW.status = 'running'),
        succeeded = succeeded + (NEW.status = 'succeeded'),
        failed = failed + (NEW.status = 'failed'),
        cancelled = cancelled + (NEW.status = 'cancelled'),
        unreviewed_succeeded = unreviewed_succeeded + (NEW.status = 'succeeded' AND NEW.reviewed_at IS NULL),
        unreviewed_failed = unreviewed_failed + (NEW.status = 'failed' AND NEW.reviewed_at IS NULL),
        unreviewed_cancelled = unreviewed_cancelled + (NEW.status = 'cancelled' AND NEW.reviewed_at IS NULL)
    WHERE id = NEW.queue_id;
END;

-- Within one queue.
CREATE TRIGGER tasks_counted_over AFTER UPDATE OF status, reviewed_at ON tasks BEGIN
    UPDATE queues SET
        queued = queued + (NEW.status = 'queued') - (OLD.status = 'queued'),
        running = running + (NEW.status = 'running') - (OLD.status = 'running'),
        succeeded = succeeded + (NEW.status = 'succeeded') - (OLD.status = 'succeeded'),
        failed = failed + (NEW.status = 'failed') - (OLD.status = 'failed'),
        cancelled = cancelled + (NEW.status = 'cancelled') - (OLD.status = 'cancelled'),
        unreviewed_succeeded = unreviewed_succeeded + (NEW.status = 'succeeded' AND NEW.reviewed_at IS NULL)
            - (OLD.status = 'succeeded' AND OLD.reviewed_at IS NULL),
        unreviewed_failed = unreviewed_failed + (NEW.status = 'failed' AND NEW.reviewed_at IS NULL)
            - (OLD.status = 'failed' AND OLD.reviewed_at IS NULL),
        unreviewed_cancelled = unreviewed_cancelled + (NEW.status = 'cancelled' AND NEW.reviewed_at IS NULL)
            - (OLD.status = 'cancelled' AND OLD.reviewed_at IS NULL)
    WHERE id = NEW.queue_id;
END;

CREATE TRIGGER tasks_counted_out AFTER DELETE ON tasks BEGIN
    UPDATE queues SET
        queued = queued - (OLD.status = 'queued'),
        running = running - (OLD.status = 'running'),
        succeeded = succeeded - (OLD.status = 'succeeded'),
        failed = failed - (OLD.status = 'failed'),
        cancelled = cancelled - (OLD.status = 'cancelled'),
        unreviewed_succeeded = unreviewed_succeeded - (OLD.status = 'succeeded' AND OLD.reviewed_at IS NULL),
        unreviewed_failed = unreviewed_failed - (OLD.status = 'failed' AND OLD.reviewed_at IS NULL),
        unreviewed_cancelled = unreviewed_cancelled - (OLD.status = 'cancelled' AND OLD.reviewed_at IS NULL)
    WHERE id = OLD.queue_id;
END;

UPDATE tasks SET status = 'cancelled', error_type = NULL WHERE status = 'failed' AND error_type = 'cancelled';
