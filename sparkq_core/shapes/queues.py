"""Queues, sessions and scripts."""

from typing import Annotated

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.lifecycle import QueueStatus, SessionStatus
from sparkq_core.shapes.values import OneOf


class QueueKeys(TypedDict):
    """A queue, and how many of its tasks have each status; `held` ones wait for your answer, `stale` counts among
    running, `unreviewed` among finished. `waiting_for_review` is there while the queue hands out no task until you review: so
    many tasks wait for you. `check_command` proves a task done, and an attempt may fail it `max_checks` times. The id is text."""

    id: str
    name: str
    session: NotRequired[str | None]
    status: Annotated[str, OneOf(*QueueStatus)]
    queued: int
    held: int
    running: int
    stale: int
    succeeded: int
    failed: int
    cancelled: int
    unreviewed: int
    instructions_revision: int
    created_at: str
    ended_at: NotRequired[str | None]
    archived_at: NotRequired[str | None]
    paused_at: NotRequired[str | None]
    review_limit: NotRequired[int | None]
    waiting_for_review: NotRequired[int | None]
    check_command: NotRequired[str | None]
    max_checks: NotRequired[int | None]


class Queue(QueueKeys, closed=True):
    """A queue, and how many of its tasks have each status."""


class Assignment(TypedDict, closed=True):
    """A chat that works a queue until it is empty, because you typed so in it; every queue if none is named. `most` is the
    number of tasks after which it ends, `left` how many are left for it, and `text` says it all."""

    client: str
    queue: NotRequired[str | None]
    most: NotRequired[int | None]
    until: NotRequired[str | None]
    fresh: bool
    left: int
    text: str


class QueueList(TypedDict, closed=True):
    """A list of queues, and the chats that were assigned to queues."""

    queues: list[Queue]
    total: int
    assignments: NotRequired[list[Assignment]]


class SessionKeys(TypedDict):
    """A named stretch of work."""

    id: int
    name: str
    status: Annotated[str, OneOf(*SessionStatus)]
    created_at: str
    ended_at: NotRequired[str | None]


class Session(SessionKeys, closed=True):
    """A named stretch of work."""


class SessionList(TypedDict, closed=True):
    """Every session, or a page of them: without `next_cursor` it is the last page."""

    sessions: list[Session]
    total: int
    next_cursor: NotRequired[str]


class Parameter(TypedDict, closed=True):
    """An input or output of a script."""

    name: str
    required: bool
    description: str


class Script(TypedDict, closed=True):
    """A script of the index."""

    name: str
    path: str
    tool_name: str
    description: str
    inputs: list[Parameter]
    outputs: list[Parameter]
    tags: list[str]
    timeout: NotRequired[int | None]
    task_class: NotRequired[str | None]
