"""The columns of a task row and of an attempt, in the order of the model's Task and Attempt."""

SAID = """CASE WHEN a.accepted_at IS NOT NULL OR a.error_type = 'timeout'
THEN coalesce(a.late_text, a.error) ELSE coalesce(a.result, a.error) END"""
"""What an attempt `a` has to say for its outcome: a late text counts where it was accepted, or where the attempt timed out."""

COLUMNS = """id, queue_id, (SELECT q.name FROM queues AS q WHERE q.id = tasks.queue_id),
(SELECT s.name FROM queues AS q JOIN sessions AS s ON s.id = q.session_id WHERE q.id = tasks.queue_id),
status, position, title, tool, task_class, timeout, source, key, revision, attempts, created_at,
worker, claimed_at, heartbeat_at, stale_warned_at, finished_at, reviewed_at, error_type"""

ATTEMPT_COLUMNS = """task_id, attempt, worker, revision, claimed_at, heartbeat_at, stale_warned_at, finished_at, outcome,
result, data, error, error_type, late_outcome, late_text, late_data, late_at, accepted_at,
git_before, git_after"""
