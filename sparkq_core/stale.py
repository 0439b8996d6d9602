"""Stale tasks: the next process that looks marks them after one timeout, and fails them after two.

A sweep is two guarded, idempotent statements in one transaction: if many processes sweep at once, each task changes
once, and a task whose worker has just reported progress or settled it does not change. There is no leader, and nothing
runs if nothing is due. A later result of a worker that timed out is kept (see tasks/late_results).

A task that was warned gets back the time that the machine slept, or by which its clock was set ahead, after the warning:
it always has one whole timeout of running time from the warning to its end.

A task whose chat reached a usage limit is neither warned nor failed. When the limit is over and the chat has said nothing,
it goes back to its old place in the queue; after the machine slept or its clock was set ahead, the chat has one whole
timeout more to speak.

If the clock was set back, a worker was last heard from in the future. It then counts as heard from now, and its warning
is removed, so that no deadline is more than two timeouts ahead. A usage limit then ends as long from now as it did before.
"""

from contextlib import suppress

from sparkq_core import observed, times
from sparkq_core.chats import presence
from sparkq_core.errors import Busy
from sparkq_core.events import note
from sparkq_core.lifecycle import FAIL_AFTER, RELEASED, WARN_AFTER, ErrorType, elapsed_ms
from sparkq_core.model import TASK_COLUMNS, Swept, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage import patience
from sparkq_core.storage.database import Reader, Transaction

DUE = "SELECT 1 FROM tasks INDEXED BY tasks_due WHERE status = 'running' AND due_at <= :now LIMIT 1"

# Right after a claim, a heartbeat or a warning, due_at is one timeout ahead, and never more as long as the clock goes on.
_OF_THE_FUTURE = f"status = 'running' AND limit_until IS NULL AND due_at > :now + {WARN_AFTER} * timeout * 1000"
# A limit begins with a heartbeat.
_LIMIT_OF_THE_FUTURE = "status = 'running' AND limit_until IS NOT NULL AND heartbeat_at > :now"
IS_SET_BACK = f"""
SELECT 1 FROM tasks INDEXED BY tasks_due WHERE ({_OF_THE_FUTURE}) OR ({_LIMIT_OF_THE_FUTURE}) LIMIT 1
"""
HEARD_NOW = f"""
UPDATE tasks INDEXED BY tasks_due SET stale_warned_at = NULL,
    heartbeat_at = iif(coalesce(heartbeat_at, claimed_at) > :now, :now, heartbeat_at),
    due_at = min(coalesce(heartbeat_at, claimed_at), :now) + {WARN_AFTER} * timeout * 1000
WHERE {_OF_THE_FUTURE}
"""

LIMIT_MOVED = f"""
UPDATE tasks INDEXED BY tasks_due SET limit_until = limit_until - (heartbeat_at - :now),
    due_at = due_at - (heartbeat_at - :now), heartbeat_at = :now
WHERE {_LIMIT_OF_THE_FUTURE}
"""

GIVEN_BACK = """
UPDATE tasks INDEXED BY tasks_due SET stale_warned_at = stale_warned_at + :ms, due_at = due_at + :ms
WHERE status = 'running' AND stale_warned_at IS NOT NULL
"""

TIME_TO_SPEAK = f"""
UPDATE tasks INDEXED BY tasks_due SET due_at = max(due_at, :now + {WARN_AFTER} * timeout * 1000)
WHERE status = 'running' AND limit_until IS NOT NULL
"""

WARN = f"""
UPDATE tasks INDEXED BY tasks_due SET stale_warned_at = :now,
    due_at = max(coalesce(heartbeat_at, claimed_at) + {FAIL_AFTER} * timeout * 1000, :now + timeout * 1000)
WHERE status = 'running' AND due_at <= :now AND stale_warned_at IS NULL AND limit_until IS NULL
RETURNING {TASK_COLUMNS}
"""

FAIL = f"""
UPDATE tasks INDEXED BY tasks_due SET status = 'failed', finished_at = :now, due_at = NULL, error_type = '{ErrorType.TIMEOUT}'
WHERE status = 'running' AND due_at <= :now AND stale_warned_at IS NOT NULL
RETURNING {TASK_COLUMNS}
"""

LIMIT_OVER = f"""
SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_due
WHERE status = 'running' AND due_at <= :now AND limit_until IS NOT NULL
"""
GIVE_BACK = """
UPDATE tasks SET status = 'queued', due_at = NULL, worker = NULL, claimed_at = NULL, heartbeat_at = NULL,
    stale_warned_at = NULL, limit_until = NULL
WHERE id = :task
"""
END_RELEASED = f"""
UPDATE attempts SET outcome = '{RELEASED}', error = :error, finished_at = :now, heartbeat_at = :heartbeat
WHERE task_id = :task AND attempt = :attempt AND outcome IS NULL
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
    """Correct deadlines if the clock was set back, then mark the tasks that are due as stale or failed."""
    now = sq.clock.now()
    is_set_back = sq.db.row(IS_SET_BACK, {"now": now}) is not None
    if not is_set_back and not due(sq.db, now):
        return Swept()
    with sq.db.write() as tx:
        if is_set_back:
            tx.run(HEARD_NOW, {"now": now})
            tx.run(LIMIT_MOVED, {"now": now})
        return sweep_within(sq, tx, now)


def sweep_for_reader(sq: SparkQ) -> None:
    """Sweep for a call that only reads. While another process holds the lock, the call reads what is there: a task that
    is due looks stale already, and the next process that writes fails it. Record the chats that are gone, too."""
    presence.notice(sq)
    with suppress(Busy), patience.for_reader():
        sweep(sq)


def sweep_within(sq: SparkQ, tx: Transaction, now: int) -> Swept:
    """Sweep in the transaction of another verb, which then sees the result.

    It does not look for a clock that was set back: that walks the running tasks, and a claim is one seek.
    """
    if not due(tx, now):
        return Swept()
    look(sq, tx, now)
    released, failed = _release_over(tx, now), _fail_due(tx, now)
    return Swept(_warn_due(tx, now), failed, released)


def look(sq: SparkQ, tx: Transaction, now: int) -> int:
    """Look at the clocks, and return the observed time in ms. The warnings that tasks have had become later by the time
    that was skipped since the last look, and so do their ends.
    """
    seen = observed.look(tx, sq.clock, now)
    if seen.skipped_ms:
        tx.run(GIVEN_BACK, {"ms": seen.skipped_ms})
        tx.run(TIME_TO_SPEAK, {"now": now})
    return seen.observed_ms


def _release_over(tx: Transaction, now: int) -> tuple[Task, ...]:
    """Release the tasks whose chat has said nothing until its usage limit was over."""
    over = tuple(Task(*row) for row in tx.rows(LIMIT_OVER, {"now": now}))
    for task in over:
        why = f"{task.worker} reached a usage limit, which was over at {times.dated(task.limit_until or now)}, and has not called since."
        tx.run(GIVE_BACK, {"task": task.id})
        tx.run(END_RELEASED, {
            "task": task.id, "attempt": task.attempts, "error": why, "now": now, "heartbeat": task.heartbeat_at,
        })  # fmt: skip
        note(tx, now, RELEASED, task=task.id, queue=task.queue_id, attempt=task.attempts, worker=task.worker, text=why)
    return over


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
    quiet = elapsed_ms(task.heartbeat_at or task.claimed_at or now, now) // 1000
    return f"{task.worker} was silent for {quiet} s; the timeout is {task.timeout} s."
