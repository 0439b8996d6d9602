-- A task can be moved to another queue: both count it.
CREATE TRIGGER tasks_counted_across AFTER UPDATE OF queue_id ON tasks WHEN NEW.queue_id <> OLD.queue_id BEGIN
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
