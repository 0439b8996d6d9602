"""The shapes of the tools' structured results, for the clients that check them."""

from typing import Any, NotRequired, TypedDict


class QueueLine(TypedDict):
    name: str
    status: str
    queued: int
    running: int
    stale: int
    succeeded: int
    failed: int
    unreviewed: int


class QueueList(TypedDict):
    queues: list[QueueLine]


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
    age_s: int
    queue: NotRequired[str]
    status: NotRequired[str]
    stale: NotRequired[str]


class TaskList(TypedDict):
    tasks: list[TaskLine]
    shown: int
    total: int
    queue: NotRequired[str]
    status: NotRequired[str]
    next_cursor: NotRequired[str]


class Instructions(TypedDict):
    queue: NotRequired[str]
    instructions: NotRequired[str]
    revision: NotRequired[int]
    playbook: NotRequired[str]
    scripts: NotRequired[list[str]]


class InLine(TypedDict):
    id: int
    queue: str
    position: int
    status: NotRequired[str]


class Requeued(TypedDict):
    id: int
    status: str
    position: int


class Packet(TypedDict):
    task: dict[str, Any] | None
    remaining: int
    next: str
    instructions: NotRequired[str]
    open_claims: NotRequired[list[int]]


class Progressed(TypedDict):
    id: int
    deadline: str


class Settlement(TypedDict):
    id: int
    status: str
    remaining: int
    next: str
    duration_s: NotRequired[float]
    claimed: NotRequired[Packet]


class Standing(TypedDict):
    id: int
    status: str


class Whole(TypedDict):
    id: int
    queue: str
    status: str
    title: str
    prompt: str
