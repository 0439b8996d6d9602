"""Stale tasks: the next process that looks marks them after one timeout, and fails them after two.

A sweep is two guarded, idempotent statements in one transaction: if many processes sweep at once, each task changes
once, and a task whose worker has just reported progress or settled it does not change. There is no leader, and nothing
runs if nothing is due. A later result of a worker that timed out is kept (see tasks/late_results).
"""

from sparkq_core.events import note
from sparkq_core.lifecycle import FAIL_AFTER, ErrorType
from sparkq_core.model import TASK_COLUMNS, Swept, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction

DUE = "SELECT 1 FROM tasks INDEXED BY tasks_due WHERE status = 'running' AND due_at <= :now LIMIT 1"

WARN = f"""
UPDATE tasks INDEXED BY tasks_due SET stale_warned_at = :now,
    due_at = max(coalesce(heartbeat_at, claimed_at) + {FAIL_AFTER} * timeout * 1000, :now + timeout * 1000)
WHERE status = 'running' AND due_at <= :now AND stale_warned_at IS NULL
RETURNING {TASK_COLUMNS}
"""

FAIL = f"""
UPDATE tasks INDEXED BY tasks_due SET status = 'failed', finished_at = :now, due_at = NULL, error_type = '{ErrorType.TIMEOUT}'
WHERE status = 'running' AND due_at <= :now AND stale_warned_at IS NOT NULL
RETURNING {TASK_COLUMNS}
"""

END_ATTEMPT = f"""
UPDATE attempts SET outcome = 'failed', error_type = '{ErrorType.TIMEOUT}', error = :error, finished_at = :now,
    heartbeat_at = :heartbeat, stale_warned_at = :warned
WHERE task_id = :task AND attempt = :attempt AND outcome IS NULL
"""


def due(db: Reader, now: int) -> bool:
    """Return True if a sweep would change something now: one seek in an index."""
    return db.row(DUE, {"now": now}) is not None


def sweep(sq: SparkQ) -> Swept:
    """Mark the tasks that are due as stale or failed."""
    now = sq.clock.now()
    if not due(sq.db, now):
        return Swept()
    with sq.db.write() as tx:
        return sweep_within(tx, now)


def sweep_within(tx: Transaction, now: int) -> Swept:
    """Sweep in the transaction of another verb, which then sees the result."""
    if not due(tx, now):
        return Swept()
    failed, warned = _fail_due(tx, now), _warn_due(tx, now)
    return Swept(warned, failed)


def _fail_due(tx: Transaction, now: int) -> tuple[Task, ...]:
    failed = tuple(Task(*row) for row in tx.rows(FAIL, {"now": now}))
    for task in failed:
        tx.run(END_ATTEMPT, {
            "task": task.id, "attempt": task.attempts, "now": now, "error": silence(task, now),
            "heartbeat": task.heartbeat_at, "warned": task.stale_warned_at,
        })  # fmt: skip
        note(tx, now, "timed out", task=task.id, queue=task.queue_id, attempt=task.attempts, worker=task.worker)
    return failed


def _warn_due(tx: Transaction, now: int) -> tuple[Task, ...]:
    warned = tuple(Task(*row) for row in tx.rows(WARN, {"now": now}))
    for task in warned:
        note(tx, now, "stale", task=task.id, queue=task.queue_id, attempt=task.attempts, worker=task.worker)
    return warned


def silence(task: Task, now: int) -> str:
    """Return the error text of an attempt that timed out."""
    quiet = (now - (task.heartbeat_at or task.claimed_at or now)) // 1000
    return f"{task.worker} was silent for {quiet} s; the timeout is {task.timeout} s."
