"""Chats: the conversations behind the results."""

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12


class ChatKeys(TypedDict):
    """A conversation of a client. `session` is the client's own id of it, and `closed_at` is when its connection ended.

    `resume` is the command that opens it again. Without one, `resume_problem` says why.
    """

    id: int
    client: str
    version: NotRequired[str | None]
    session: NotRequired[str | None]
    cwd: NotRequired[str | None]
    model: NotRequired[str | None]
    first_at: str
    last_at: str
    closed_at: NotRequired[str | None]
    closed_why: NotRequired[str | None]
    resume: NotRequired[str | None]
    resume_problem: NotRequired[str | None]


class Chat(ChatKeys, closed=True):
    """A conversation of a client."""


class ChatLine(ChatKeys, closed=True):
    """A chat of a list: `total` counts its attempts and `running` those that run; `last_task_id` is its last claim."""

    total: int
    running: int
    last_task_id: NotRequired[int | None]


class ChatAttempt(TypedDict, closed=True):
    """An attempt of a chat. Without an outcome it is running."""

    task_id: int
    attempt: int
    queue: str
    title: str
    outcome: NotRequired[str | None]
    error_type: NotRequired[str | None]
    claimed_at: str
    finished_at: NotRequired[str | None]


class ChatWork(ChatKeys, closed=True):
    """A chat and its newest attempts: `total` counts all of them, `running` those that run."""

    attempts: list[ChatAttempt]
    total: int
    running: int
    last_task_id: NotRequired[int | None]


class ChatList(TypedDict, closed=True):
    """Chats, the latest claim first."""

    chats: list[ChatLine]
    total: int
