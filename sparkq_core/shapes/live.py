"""What the live stream tells a page at once."""

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.shapes.queues import Queue


class LiveChanges(TypedDict, closed=True):
    """What several events touched: the kinds of events, the ids of the tasks, and the queues with their counts now.

    With `everything` more was touched than is listed: tasks that were purged, sessions, or very many tasks.
    """

    kinds: list[str]
    tasks: list[int]
    queues: list[Queue]
    everything: NotRequired[bool]
