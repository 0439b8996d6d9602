"""What a worker is answered, and errors."""

from typing import Annotated

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.lifecycle import Status
from sparkq_core.shapes.purged import PurgedTask
from sparkq_core.shapes.tasks import GateKeys
from sparkq_core.shapes.values import OneOf


class PreviousAttempt(TypedDict, closed=True):
    """How the attempt before this one ended."""

    attempt: int
    worker_id: str
    outcome: str
    error_type: NotRequired[str | None]
    text: NotRequired[str | None]


class ClaimedTaskKeys(TypedDict):
    """A claimed task as its worker needs it: settle it with `attempt`. `check` is the command to run before that, in a queue
    with a check."""

    id: int
    prompt: str
    tool_name: str
    how: str
    task_class: str
    timeout: int
    deadline: NotRequired[str | None]
    attempt: int
    source: str
    feedback: NotRequired[str | None]
    question: NotRequired[str | None]
    answer: NotRequired[str | None]
    previous: NotRequired[PreviousAttempt | None]
    check: NotRequired[str | None]


class ClaimedTask(ClaimedTaskKeys, closed=True):
    """A claimed task as its worker needs it: settle it with `attempt`."""


class SettledKeys(GateKeys):
    """A settled task, how many are queued behind it, and how many are `held`; `kept` is true if the outcome was
    reported before in other words, which are kept beside the first."""

    id: int
    status: Annotated[str, OneOf(*Status)]
    duration_s: NotRequired[float | None]
    remaining: int
    held: NotRequired[int | None]
    kept: NotRequired[bool | None]


class Settled(SettledKeys, closed=True):
    """A settled task, and how many are queued behind it."""


class Error(TypedDict, closed=True):
    """An error: a code for programs and its kind, what is wrong, what to do next, and what is left of a purged task."""

    error: str
    kind: str
    message: str
    hint: str
    purged: NotRequired[PurgedTask | None]
