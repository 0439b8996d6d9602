"""Tasks that belong together: those of a list, and those that a sweep changed."""

from typing import NamedTuple

from sparkq_core.model.rows import Task


class TaskPage(NamedTuple):
    """Some tasks of a list: `total` counts all that match, `next` continues after them."""

    tasks: tuple[Task, ...]
    total: int
    next: str | None = None


class Swept(NamedTuple):
    """The tasks that one sweep changed."""

    warned: tuple[Task, ...] = ()
    failed: tuple[Task, ...] = ()
    released: tuple[Task, ...] = ()
