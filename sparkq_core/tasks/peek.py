"""Look at the head of a queue."""

from sparkq_core import queues
from sparkq_core.lifecycle import QueueStatus
from sparkq_core.model import TASK_COLUMNS, Task, TaskPage
from sparkq_core.project import SparkQ
from sparkq_core.stale import DUE, sweep_for_reader
from sparkq_core.storage.numbers import checked_limit

QUEUE_AHEAD = f"SELECT id, status, queued, EXISTS ({DUE}) FROM queues WHERE name = :queue"
NEXT_TASKS = (
    f"SELECT {TASK_COLUMNS} FROM tasks WHERE queue_id = :queue AND status = 'queued' ORDER BY position LIMIT :limit"
)


def peek(sq: SparkQ, queue: str, limit: int = 1) -> TaskPage:
    """Return the next `limit` tasks of the queue, in the order in which they will be claimed, without claiming any.

    Raises NoSuchQueue.
    """
    checked_limit(limit)
    heads, is_due = _heads(sq, queue, limit)
    if not is_due:
        return heads
    sweep_for_reader(sq)
    return _heads(sq, queue, limit)[0]


def _heads(sq: SparkQ, queue: str, limit: int) -> tuple[TaskPage, bool]:
    """Return the next tasks of the queue, and True if a sweep would change something now."""
    with sq.db.read() as tx:
        row = tx.row(QUEUE_AHEAD, {"queue": queue, "now": sq.clock.now()})
        if row is None:
            raise queues.no_such(tx, queue)
        queue_id, status, waiting, is_due = row
        if status == QueueStatus.ARCHIVED:
            return TaskPage((), 0), bool(is_due)
        rows = tx.rows(NEXT_TASKS, {"queue": queue_id, "limit": limit})
        return TaskPage(tuple(Task(*row) for row in rows), waiting), bool(is_due)
