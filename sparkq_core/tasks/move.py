"""Move waiting tasks to another queue."""

from collections.abc import Iterator, Sequence

from sparkq_core import queues
from sparkq_core.events import note
from sparkq_core.lifecycle import MARKS, QueueStatus, Status
from sparkq_core.model import TASK_COLUMNS, Queue, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks.enqueue import Enqueued, place_in_line
from sparkq_core.tasks.order import to_front_within
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.verdicts import Giver, mark

MOVE = f"UPDATE tasks SET queue_id = :queue, position = :position WHERE id = :id RETURNING {TASK_COLUMNS}"
MOST_NAMED = 20
"""Ids that the event of the former queue names."""


def move(
    sq: SparkQ, task_ids: Sequence[int], queue: str, *, front: bool = False, giver: Giver | None = None
) -> tuple[Enqueued, ...]:
    """Move queued or held tasks to the end (or the front) of another queue, in the order of `task_ids`, all of them or none.

    Each keeps its id, its prompts, its attempts, its timeout and its key. They may come from several queues, also from
    ended and archived ones. A task that is in the queue already stays where it is, unless `front` moves it.
    The timeline of each says by what door: that of `giver`.
    Raises NoSuchTask, NoSuchQueue, QueueClosed for a queue that accepts no new tasks, and WrongState for a task that runs
    or is finished.
    """
    ids = list(dict.fromkeys(task_ids))
    now = sq.clock.now()
    with sq.db.write() as tx:
        target = queues.get(tx, queue)
        if target.status != QueueStatus.ACTIVE:
            raise queues.closed(target)
        tasks = [_movable(tx, task_id) for task_id in ids]
        coming = [task for task in tasks if task.queue_id != target.id]
        for task in reversed(tasks) if front else tasks:
            if task.queue_id == target.id:
                if front and task.status == Status.QUEUED:
                    to_front_within(tx, task, now)
                continue
            position = queues.next_position(tx, target, front=front)
            tx.rows(MOVE, {"id": task.id, "queue": target.id, "position": position})
            note(tx, now, "moved", task=task.id, queue=target.id, text=f"{task.queue} -> {target.name}", **mark(giver))
        _note_left(tx, now, coming, target)
        return tuple(_in_line(tx, target, [find(tx, task_id) for task_id in ids], coming, front=front))


def _movable(tx: Transaction, task_id: int) -> Task:
    task = find(tx, task_id)
    if task.status not in MARKS["move"]:
        raise refused(tx, task_id, "move")
    return task


def _in_line(
    tx: Transaction, target: Queue, moved: Sequence[Task], coming: Sequence[Task], *, front: bool
) -> Iterator[Enqueued]:
    """Yield the tasks with their places: those that were moved follow one another, and a held one has none."""
    gate = gates.of_queue(tx, target.id)
    came = {task.id for task in coming}
    last = 0 if front else queues.waiting(tx, target.id) - sum(task.status == Status.QUEUED for task in coming)
    for task in moved:
        follows = task.status == Status.QUEUED and (front or task.id in came)
        last += follows
        yield Enqueued(task, last if follows else place_in_line(tx, task), again=task.id not in came, gate=gate)


def _note_left(tx: Transaction, now: int, coming: Sequence[Task], target: Queue) -> None:
    """Log for each queue which tasks have left it, so that its followers look at its counts again."""
    for queue_id in dict.fromkeys(task.queue_id for task in coming):
        left = [f"#{task.id}" for task in coming if task.queue_id == queue_id]
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        text = f"{', '.join(left[:MOST_NAMED])}{more} -> {target.name}"
        note(tx, now, "tasks moved away", queue=queue_id, text=text)
