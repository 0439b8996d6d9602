"""The shapes of the tools' structured results, for the clients that check them.

They are not made from `sparkq_core.shapes`, whose closed objects would add 4 KB to each list of tools and their import
to the start of a chat. A test holds the keys of both to the same types. They stay open: a client hides an answer that
does not fit, and a task that a claim handed out must reach its worker.
"""

from typing import Any

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12


class QueueLine(TypedDict):
    name: str
    status: str
    queued: int
    held: int
    running: int
    stale: int
    succeeded: int
    failed: int
    cancelled: int
    unreviewed: int
    paused_at: NotRequired[str]
    review_limit: NotRequired[int]
    waiting_for_review: NotRequired[int]


class QueueList(TypedDict):
    queues: list[QueueLine]
    total: NotRequired[int]
    next_cursor: NotRequired[str]


class PeekLine(TypedDict):
    id: int
    title: str
    task_class: str
    tool_name: str


class Peeked(TypedDict):
    tasks: list[PeekLine]
    total: int


class TaskLine(TypedDict):
    id: int
    title: str
    age_s: NotRequired[int]
    queue: NotRequired[str]
    status: NotRequired[str]
    stale: NotRequired[str]
    chat_closed_at: NotRequired[str]
    limit_until: NotRequired[str]
    summary: NotRequired[str]
    late_text: NotRequired[str]


class PurgedLine(TypedDict):
    id: int
    queue: str
    status: str
    title: str
    purged_on: str
    summary: NotRequired[str]


class TaskList(TypedDict):
    tasks: list[TaskLine]
    total: int
    purged: NotRequired[list[PurgedLine]]
    purged_total: NotRequired[int]
    indexing: NotRequired[bool]
    shown: NotRequired[int]
    queue: NotRequired[str]
    status: NotRequired[str]
    next_cursor: NotRequired[str]


class Readable(TypedDict):
    """An answer with long texts: `more` maps the name of each cut text to the call that reads on. The answer to such a
    call has the continuation as `text`, and the name as `part`."""

    more: NotRequired[dict[str, str]]
    part: NotRequired[str]
    text: NotRequired[str]


class Instructions(Readable):
    queue: NotRequired[str]
    instructions: NotRequired[str]
    revision: NotRequired[int]
    playbook: NotRequired[str]
    scripts: NotRequired[list[str]]
    scripts_left: NotRequired[int]


class Enqueued(TypedDict):
    id: int
    queue: str
    position: int
    again: NotRequired[bool]
    paused: NotRequired[bool]
    waiting_for_review: NotRequired[int]


class Requeued(TypedDict):
    id: int
    status: str
    position: int


class OpenClaim(TypedDict):
    id: int
    attempt: int
    title: str
    for_s: int


class Claimed(TypedDict):
    task: dict[str, Any] | None
    instructions: NotRequired[str]
    open_claims: NotRequired[list[OpenClaim]]
    more: NotRequired[dict[str, str]]


class Packet(Claimed):
    remaining: int
    held: NotRequired[int]
    paused: NotRequired[bool]
    waiting_for_review: NotRequired[int]
    next: str


class Progressed(TypedDict):
    id: int
    deadline: str


class Settlement(TypedDict):
    id: int
    status: str
    remaining: int
    next: str
    duration_s: NotRequired[float]
    held: NotRequired[int]
    paused: NotRequired[bool]
    waiting_for_review: NotRequired[int]
    claimed: NotRequired[Claimed]


class Released(TypedDict):
    id: int
    status: str
    next: str


class WholeTask(Readable):
    id: int
    queue: NotRequired[str]
    status: NotRequired[str]
    title: NotRequired[str]
    prompt: NotRequired[str]
