"""Gates: why a queue hands out no tasks for now, although some may be queued.

The UPDATE of a claim holds the gate. This module says the condition, and why it is false. Only you open a gate.
"""

from sparkq_core.errors import QueueWaits
from sparkq_core.model import GATE_COLUMNS, Gate
from sparkq_core.storage.database import Reader

OPEN = "paused_at IS NULL"
"""The condition on a row of `queues` under which the queue hands out its tasks."""

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


def closed(gate: Gate) -> QueueWaits:
    """Return the error for a claim of a given task whose queue hands out none for now."""
    return QueueWaits(f"{sentence(gate)}.", f"To go on: {opener(gate)}")


def sentence(gate: Gate) -> str:
    """Return why the queue hands out no tasks: `backend is paused: it hands out no tasks`."""
    return f"{gate.queue} is paused: it hands out no tasks"


def opener(gate: Gate) -> str:
    """Return the command by which you let the queue go on."""
    return f"sparkq queue resume {gate.queue}"
