-- What the inbox has before you look at it first is known from counters, and from these indexes of what is rare.
CREATE INDEX tasks_timeouts ON tasks (queue_id) WHERE error_type = 'timeout' AND status = 'failed' AND reviewed_at IS NULL;
CREATE INDEX tasks_late ON tasks (queue_id) WHERE late_at IS NOT NULL AND reviewed_at IS NULL AND status <> 'running';
