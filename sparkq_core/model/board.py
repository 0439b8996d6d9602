"""What goes on now: the heads of queues, and running tasks."""

from typing import NamedTuple

from sparkq_core.model.rows import Counts, Queue, Task


class Line(NamedTuple):
    """A queue with its counts, and the tasks at its head in the order in which they will be claimed."""

    queue: Queue
    counts: Counts
    heads: tuple[Task, ...]


class AtWork(NamedTuple):
    """A running task, the last note of its worker, and the chat that holds it if one does."""

    task: Task
    note: str | None
    noted_at: int | None
    chat_id: int | None
    client: str | None
