-- A worker can ask: its attempt ends with the question, and no claim gets the task until you have answered.
ALTER TABLE attempts ADD COLUMN question TEXT;
ALTER TABLE attempts ADD COLUMN answer TEXT;
ALTER TABLE attempts ADD COLUMN answered_at INTEGER;

-- A status of its own, so that no statement which hands out queued tasks has to know about questions.
INSERT INTO statuses VALUES ('held', 0);
ALTER TABLE queues ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

DROP INDEX tasks_queued_late;
CREATE INDEX tasks_unclaimed_late ON tasks (queue_id) WHERE status IN ('queued', 'held') AND late_at IS NOT NULL;

DROP TRIGGER tasks_counted_in;
DROP TRIGGER tasks_counted_over;
DROP TRIGGER tasks_counted_out;

CREATE TRIGGER tasks_counted_in AFTER INSERT ON tasks BEGIN
    UPDATE queues SET
        back = max(back, NEW.position),
        queued = queued + (NEW.status = 'queued'),
        held = held + (NEW.status = 'held'),
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
        held = held + (NEW.status = 'held') - (OLD.status = 'held'),
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
        held = held - (OLD.status = 'held'),
        running = running - (OLD.status = 'running'),
        succeeded = succeeded - (OLD.status = 'succeeded'),
        failed = failed - (OLD.status = 'failed'),
        cancelled = cancelled - (OLD.status = 'cancelled'),
        unreviewed_succeeded = unreviewed_succeeded - (OLD.status = 'succeeded' AND OLD.reviewed_at IS NULL),
        unreviewed_failed = unreviewed_failed - (OLD.status = 'failed' AND OLD.reviewed_at IS NULL),
        unreviewed_cancelled = unreviewed_cancelled - (OLD.status = 'cancelled' AND OLD.reviewed_at IS NULL)
    WHERE id = OLD.queue_id;
END;
