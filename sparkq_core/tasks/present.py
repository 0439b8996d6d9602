"""The present of a task: since when it is in its state, and the last note of its worker."""

from typing import NamedTuple

from sparkq_core.lifecycle import Status
from sparkq_core.model import Task
from sparkq_core.storage.database import Reader

MAX_NOTE = 400
"""Characters of a note that a list shows."""

ENTERED = """
SELECT max(at) FROM events WHERE task_id = :task
AND kind IN ('enqueued', 'requeued', 'released', 'asked', 'answered', 'usage limit over')
"""
NOTE = f"""
SELECT substr(text, 1, {MAX_NOTE}), at FROM events
WHERE task_id = :task AND kind = 'progress' AND attempt = :attempt AND text <> '' ORDER BY id DESC LIMIT 1
"""


class Note(NamedTuple):
    """What a worker said of its progress, and when (UTC ms)."""

    text: str
    at: int


def since(db: Reader, task: Task) -> int:
    """Return when a task entered the status that it has, in UTC ms."""
    if task.status == Status.RUNNING:
        return task.claimed_at or task.created_at
    if task.finished_at is not None:
        return task.finished_at
    entered = db.row(ENTERED, {"task": task.id}) if task.attempts or task.status == Status.HELD else None
    return int(entered[0]) if entered and entered[0] is not None else task.created_at


def note(db: Reader, task: Task) -> Note | None:
    """Return the last note of the worker of a running task, None if there is none."""
    if task.status != Status.RUNNING:
        return None
    row = db.row(NOTE, {"task": task.id, "attempt": task.attempts})
    return Note(*row) if row else None
