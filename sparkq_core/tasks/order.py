"""Move a queued task to the head of its queue, or delete a task for good."""

from sparkq_core import events, queues
from sparkq_core.events import note
from sparkq_core.lifecycle import Status
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks.refusals import find, refused

TO_FRONT = f"UPDATE tasks SET position = :position WHERE id = :id AND status = 'queued' RETURNING {TASK_COLUMNS}"
DELETE = "DELETE FROM tasks WHERE id = :id AND status <> 'running' RETURNING queue_id"
FORGET = "DELETE FROM search WHERE rowid = :task"


def to_front(sq: SparkQ, task_id: int) -> Task:
    """Make a queued task the next one of its queue. Raises NoSuchTask, WrongState, QueueClosed for an archived queue."""
    with sq.db.write() as tx:
        task = find(tx, task_id)
        if task.status != Status.QUEUED:
            raise refused(tx, task_id, "move to the front")
        return to_front_within(tx, task, sq.clock.now())


def to_front_within(tx: Transaction, task: Task, now: int) -> Task:
    """Make a task that the transaction has found queued the next one. Raises QueueClosed for an archived queue."""
    position = queues.next_position(tx, queues.by_id(tx, task.queue_id), front=True)
    row = tx.row(TO_FRONT, {"id": task.id, "position": position})
    assert row is not None
    note(tx, now, "moved to the front", task=task.id, queue=task.queue_id)
    return Task(*row)


def delete(sq: SparkQ, task_id: int) -> None:
    """Delete a task that is not running, with its prompts, attempts and timeline. Its id is never used again.

    Raises NoSuchTask, WrongState for a running one.
    """
    with sq.db.write() as tx:
        newest = events.newest(tx)
        row = tx.row(DELETE, {"id": storable(task_id)})
        if row is None:
            raise refused(tx, task_id, "delete")
        tx.run(FORGET, {"task": task_id})
        events.note_deleted(tx, sq.clock.now(), "deleted", newest, queue=row[0], text=f"#{task_id}")
