"""Say why a queue refuses a task, a name or its end, and what to do next."""

from sparkq_core.errors import NameTaken, QueueClosed
from sparkq_core.lifecycle import QueueStatus
from sparkq_core.model import QUEUE_COLUMNS, Queue
from sparkq_core.storage.database import Reader

ALIKE = f"SELECT {QUEUE_COLUMNS} FROM queues WHERE name = :name COLLATE NOCASE AND id <> :besides"


def closed(queue: Queue) -> QueueClosed:
    """Return the error of a queue that has ended or is archived."""
    if queue.status == QueueStatus.ARCHIVED:
        return QueueClosed(
            f"The queue {queue.name} is archived: it neither accepts nor hands out tasks.",
            f"Use another queue, or bring it back: sparkq queue unarchive {queue.name}",
        )
    return QueueClosed(
        f"The queue {queue.name} has ended: it accepts no new tasks.",
        f"Use another queue, or reopen this one: sparkq queue reopen {queue.name}",
    )


def check_free(db: Reader, name: str, besides: int = 0) -> None:
    """Raise NameTaken if another queue has this name, in upper or lower case."""
    row = db.row(ALIKE, {"name": name, "besides": besides})
    if row is not None:
        raise _taken(Queue(*row), name)


def _taken(queue: Queue, name: str) -> NameTaken:
    """Return the error for a new `name` that `queue` has already, in upper or lower case."""
    if queue.name != name:
        return NameTaken(
            f"There is a queue {queue.name} already, and {name} differs only in upper and lower case.",
            "Take another name, or use the one that is there.",
        )
    if queue.status == QueueStatus.ARCHIVED:
        return NameTaken(
            f"The archived queue {queue.name} has this name.",
            f"Take another name, or bring it back: sparkq queue unarchive {queue.name}",
        )
    return NameTaken(f"There is a queue {queue.name} already.", "Take another name, or use the one that is there.")
