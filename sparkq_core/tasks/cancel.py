"""Cancel a queued task."""

from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import checked

CANCEL = f"""
UPDATE tasks SET status = :target, finished_at = :now, reviewed_at = iif(late_at IS NULL, :now, NULL)
WHERE id = :id AND status = :from_status RETURNING {TASK_COLUMNS}
"""


def cancel(sq: SparkQ, task_id: int, reason: str = "") -> Task:
    """Take a queued task out of its queue: it is cancelled, and you can requeue it.

    It counts as reviewed and does not enter the inbox, because you have decided; but a late text that you have not seen
    stays there. Cancelling it again is harmless.
    Raises NoSuchTask, WrongState, InvalidText.
    """
    checked(reason, "reason", empty=True)
    move = MOVES["cancel"]
    now = sq.clock.now()
    with sq.db.write() as tx:
        row = tx.row(
            CANCEL, {"id": storable(task_id), "from_status": move.from_status, "target": move.target, "now": now}
        )
        if row is None:
            task = find(tx, task_id)
            if task.status == move.target:
                return task
            raise refused(tx, task_id, "cancel")
        task = Task(*row)
        note(tx, now, move.target, task=task.id, queue=task.queue_id, text=reason or None)
    return task
