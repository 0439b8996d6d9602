"""Gates: why a queue hands out no tasks for now, although some may be queued.

You have paused it, or it is strict and waits for your review. The UPDATE of a claim holds the gate. This module says
the condition, and why it is false. Only you open a gate.
"""

from sparkq_core.errors import InvalidValue, QueueWaits
from sparkq_core.lifecycle import QueueStatus
from sparkq_core.model import GATE_COLUMNS, Counts, Gate, Queue
from sparkq_core.storage.database import Reader
from sparkq_core.text import counted

OPEN = """
paused_at IS NULL AND (review_limit IS NULL OR running + unreviewed_succeeded + unreviewed_failed < review_limit)
"""
"""The condition on a row of `queues` under which the queue hands out its tasks.

A running task counts, because it will be unreviewed: else all claimers of an empty inbox would get a task at once, and you
would have more to review than the limit. A cancelled task never counts: it has no result.
"""

MOST_UNREVIEWED = 100_000

OF_QUEUE = f"SELECT {GATE_COLUMNS} FROM queues WHERE id = :queue AND NOT ({OPEN})"
OF_NAME = f"SELECT {GATE_COLUMNS} FROM queues WHERE name = :queue AND NOT ({OPEN})"


def of_queue(db: Reader, queue_id: int) -> Gate | None:
    """Return the closed gate of a queue; None if it hands out tasks, or does not exist."""
    row = db.row(OF_QUEUE, {"queue": queue_id})
    return Gate(*row) if row else None


def of_name(db: Reader, name: str) -> Gate | None:
    """Return the closed gate of the queue called `name`; None if it hands out tasks, or does not exist."""
    row = db.row(OF_NAME, {"queue": name})
    return Gate(*row) if row else None


def waiting_for_review(queue: Queue, counts: Counts) -> int | None:
    """Return how many tasks wait for you while the review limit of the queue is reached, None while it is not."""
    unreviewed = counts.unreviewed - counts.unreviewed_cancelled
    if queue.review_limit is None or counts.running + unreviewed < queue.review_limit:
        return None
    return unreviewed


def keeps(queue: Queue) -> bool:
    """True if the queue keeps its tasks from being done unseen: it is paused, strict or archived, or has a check."""
    limits = (queue.paused_at, queue.review_limit, queue.check_command)
    return queue.status == QueueStatus.ARCHIVED or any(limit is not None for limit in limits)


def closed(gate: Gate) -> QueueWaits:
    """Return the error for a claim of a given task whose queue hands out none for now."""
    return QueueWaits(f"{sentence(gate)}.", f"To go on: {opener(gate)}")


def sentence(gate: Gate) -> str:
    """Return why the queue hands out no tasks: `backend waits for your review: 3 of 4, and 1 is running`."""
    if gate.paused:
        return f"{gate.queue} is paused: it hands out no tasks"
    running = f"{gate.running} {'is' if gate.running == 1 else 'are'} running"
    if gate.unreviewed:
        more = f", and {running}" if gate.running else ""
        return f"{gate.queue} waits for your review: {gate.unreviewed} of {gate.limit}{more}"
    return f"{gate.queue} hands out {counted(gate.limit or 0, 'task')} between two reviews, and {running}"


def opener(gate: Gate) -> str:
    """Return the command by which you let the queue go on."""
    return f"sparkq queue resume {gate.queue}" if gate.paused else f"sparkq review --queue {gate.queue}"


def checked_limit(limit: int | None) -> None:
    """Raise InvalidValue for a number that cannot be a review limit."""
    if limit is not None and not 1 <= limit <= MOST_UNREVIEWED:
        raise InvalidValue(
            f"The review limit {limit} is not between 1 and {MOST_UNREVIEWED}.",
            "1 waits for your review after each task. Without a limit the queue is relaxed.",
        )
