"""Cancel a task that nobody has claimed."""

from collections.abc import Iterable

from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import checked

CANCEL = f"""
UPDATE tasks SET status = :target, finished_at = :now, reviewed_at = iif(late_at IS NULL, :now, NULL)
WHERE id = :id AND status = :from_status RETURNING {TASK_COLUMNS}
"""


def cancel(sq: SparkQ, task_id: int, reason: str = "") -> Task:
    """Take a queued or held task out of its queue: it is cancelled, and you can requeue it.

    It counts as reviewed and does not enter the inbox, because you have decided; but a late text that you have not seen
    stays there. Cancelling it again is harmless.
    Raises NoSuchTask, WrongState, InvalidText.
    """
    return cancel_all(sq, [task_id], reason)[0]


def cancel_all(sq: SparkQ, task_ids: Iterable[int], reason: str = "") -> tuple[Task, ...]:
    """Cancel several tasks for one reason, all of them or none. Raises the errors of `cancel`."""
    checked(reason, "reason", empty=True)
    now = sq.clock.now()
    with sq.db.write() as tx:
        return tuple(_cancel(tx, now, task_id, reason) for task_id in dict.fromkeys(task_ids))


def _cancel(tx: Transaction, now: int, task_id: int, reason: str) -> Task:
    move = MOVES["cancel"]
    before = find(tx, task_id)
    if before.status == move.target:
        return before
    if before.status not in move.from_statuses:
        raise refused(tx, task_id, "cancel")
    row = tx.row(CANCEL, {"id": task_id, "from_status": before.status, "target": move.target, "now": now})
    assert row is not None
    task = Task(*row)
    note(tx, now, move.target, task=task.id, queue=task.queue_id, text=reason or None)
    return task
