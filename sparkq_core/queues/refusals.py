"""Say why a queue refuses a task or a name, and what to do next."""

from sparkq_core.errors import NameTaken, QueueClosed
from sparkq_core.lifecycle import QueueStatus
from sparkq_core.model import Queue


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


def taken(queue: Queue) -> NameTaken:
    """Return the error for a new name that `queue` has already."""
    if queue.status == QueueStatus.ARCHIVED:
        return NameTaken(
            f"The archived queue {queue.name} has this name.",
            f"Take another name, or bring it back: sparkq queue unarchive {queue.name}",
        )
    return NameTaken(f"There is a queue {queue.name} already.", "Take another name, or use the one that is there.")
