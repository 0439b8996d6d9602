"""Put queued tasks at another place of their queue, or delete a task for good."""

from collections.abc import Sequence

from sparkq_core import events, queues
from sparkq_core.errors import InvalidValue
from sparkq_core.events import note
from sparkq_core.lifecycle import QueueStatus, Status
from sparkq_core.model import TASK_COLUMNS, Gate, Seen, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks import late_results
from sparkq_core.tasks.enqueue import Enqueued, place_in_line
from sparkq_core.tasks.refusals import find, refused

BETWEEN = """
SELECT id, position FROM tasks
WHERE queue_id = :queue AND status = 'queued' AND position BETWEEN :first AND :last ORDER BY position
"""
PUT = "UPDATE tasks SET position = :position WHERE id = :id"
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


def place(
    sq: SparkQ, task_ids: Sequence[int], *, after: int | None = None, before: int | None = None
) -> tuple[Enqueued, ...]:
    """Put queued tasks, in the order of `task_ids`, right behind or before another queued task of their queue, all of them
    or none; with neither `after` nor `before`, make them the next tasks of their queues.

    The cost grows with the number of tasks that they pass. What is there already is left as it is.
    Raises NoSuchTask, WrongState, QueueClosed for an archived queue, and InvalidValue for a task of another queue.
    """
    if after is not None and before is not None:
        raise InvalidValue(
            "A task has one place.", "Give the task that it comes after, or the one that it comes before."
        )
    ids = list(dict.fromkeys(task_ids))
    anchor_id = after if after is not None else before
    now = sq.clock.now()
    with sq.db.write() as tx:
        placed = [_queued(tx, task_id) for task_id in ids]
        if anchor_id is None:
            for task in reversed(placed):
                to_front_within(tx, task, now)
        else:
            anchor = _anchor(tx, anchor_id, placed)
            changed = _rearrange(tx, anchor, placed, behind=after is not None)
            for task in placed if changed else ():
                where = f"{'after' if after is not None else 'before'} #{anchor.id}"
                note(tx, now, "placed", task=task.id, queue=task.queue_id, text=where)
        return _in_line(tx, ids)


def swap(sq: SparkQ, one: int, other: int) -> tuple[Enqueued, ...]:
    """Let two queued tasks of one queue change places. Raises the errors of `place`."""
    now = sq.clock.now()
    with sq.db.write() as tx:
        task = _queued(tx, one)
        partner = _anchor(tx, other, [task])
        for moved, position, with_id in ((task, partner.position, partner.id), (partner, task.position, task.id)):
            tx.run(PUT, {"id": moved.id, "position": position})
            note(tx, now, "placed", task=moved.id, queue=moved.queue_id, text=f"swapped with #{with_id}")
        return _in_line(tx, [task.id]) + _in_line(tx, [partner.id])


def _queued(tx: Transaction, task_id: int) -> Task:
    """Return a task that can be put elsewhere in its queue. Raises NoSuchTask, WrongState, QueueClosed."""
    task = find(tx, task_id)
    if task.status != Status.QUEUED:
        raise refused(tx, task_id, "place")
    queue = queues.by_id(tx, task.queue_id)
    if queue.status == QueueStatus.ARCHIVED:
        raise queues.closed(queue)
    return task


def _anchor(tx: Transaction, task_id: int, placed: Sequence[Task]) -> Task:
    """Return the task beside which the others are put. Raises InvalidValue if it is one of them, or in another queue."""
    anchor = _queued(tx, task_id)
    for task in placed:
        if task.id == anchor.id:
            raise InvalidValue(f"#{task.id} cannot be placed beside itself.", "Name another task of its queue.")
        if task.queue_id != anchor.queue_id:
            raise InvalidValue(
                f"#{task.id} is in {task.queue}, and #{anchor.id} in {anchor.queue}.",
                f"Move #{task.id} to {anchor.queue} first, or name a task of {task.queue}.",
            )
    return anchor


def _rearrange(tx: Transaction, anchor: Task, placed: Sequence[Task], *, behind: bool) -> bool:
    """Give the tasks between the old and the new places their positions in the new order. False if nothing changes.

    Only queued tasks change: a running one that is released comes back to its old position.
    """
    positions = [task.position for task in (anchor, *placed)]
    rows = tx.rows(BETWEEN, {"queue": anchor.queue_id, "first": min(positions), "last": max(positions)})
    ids = [task.id for task in placed]
    moving = set(ids)
    order = [task_id for task_id, _ in rows if task_id not in moving]
    at = order.index(anchor.id) + behind
    order[at:at] = ids
    changes = [
        (task_id, position) for task_id, (before, position) in zip(order, rows, strict=True) if task_id != before
    ]
    for task_id, position in changes:
        tx.run(PUT, {"id": task_id, "position": position})
    return bool(changes)


def _in_line(tx: Transaction, ids: Sequence[int]) -> tuple[Enqueued, ...]:
    """Return tasks, which follow one another in each queue, with their places."""
    places: dict[int, int] = {}
    gates_of: dict[int, Gate | None] = {}
    placed = []
    for task in (find(tx, task_id) for task_id in ids):
        queue = task.queue_id
        if queue not in places:
            places[queue], gates_of[queue] = place_in_line(tx, task) - 1, gates.of_queue(tx, queue)
        places[queue] += 1
        placed.append(Enqueued(task, places[queue], gate=gates_of[queue]))
    return tuple(placed)


def delete(sq: SparkQ, task_id: int, *, seen: Seen | None = None) -> None:
    """Delete a task that is not running, with its prompts, attempts and timeline. Its id is never used again.

    With `seen` it is refused if the task has another outcome, or a late text that was not shown, since you were asked.
    Raises NoSuchTask, WrongState for a running one, Unseen.
    """
    with sq.db.write() as tx:
        if seen is not None and (task := find(tx, task_id)).status != Status.RUNNING:
            late_results.check_seen(tx, task, seen)
        newest = events.newest(tx)
        row = tx.row(DELETE, {"id": storable(task_id)})
        if row is None:
            raise refused(tx, task_id, "delete")
        tx.run(FORGET, {"task": task_id})
        events.note_deleted(tx, sq.clock.now(), "deleted", newest, queue=row[0], text=f"#{task_id}")
