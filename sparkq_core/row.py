"""The columns of a task row, in the order of the model's Task."""

COLUMNS = """id, queue_id, (SELECT q.name FROM queues AS q WHERE q.id = tasks.queue_id),
(SELECT s.name FROM queues AS q JOIN sessions AS s ON s.id = q.session_id WHERE q.id = tasks.queue_id),
status, position, title, tool, task_class, timeout, source, key, revision, attempts, created_at,
worker, claimed_at, heartbeat_at, stale_warned_at, finished_at, reviewed_at, error_type"""
