"""The shapes of all JSON that `wire` makes, each declared once: mypy holds `wire` to them, and the HTTP server publishes them.

A shape is closed: it has these keys and no others. A key that is not required is left out where there is no value; only
a task with all its texts has it as null. What ends in Keys is not an answer: several answers share it.

Imported when the program runs only by the HTTP server, whose framework reads the shapes.
"""

from collections.abc import Callable
from typing import Annotated, Any

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.lifecycle import QueueStatus, SessionStatus, Status


class OneOf:
    """Declare the values of a text in its JSON schema; for mypy it is still a text, because the database returns one."""

    def __init__(self, *values: str) -> None:
        self.values = values

    def __get_pydantic_json_schema__(self, schema: Any, to_json: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return to_json(schema) | {"enum": [str(value) for value in self.values]}


class LateText(TypedDict, closed=True):
    """The newest text that a worker sent after its attempt had ended, since the last requeue."""

    attempt: int | None
    outcome: Annotated[str | None, OneOf("succeeded", "failed")]
    at: str


class TaskKeys(TypedDict):
    """A task without its long texts."""

    id: int
    friendly_id: str
    queue: str
    session: NotRequired[str | None]
    title: str
    status: Annotated[str, OneOf(*Status)]
    tool_name: str
    task_class: str
    timeout: int
    attempts: int
    worker_id: NotRequired[str | None]
    error_type: NotRequired[str | None]
    stale: NotRequired[str | None]
    source: str
    key: NotRequired[str | None]
    created_at: str
    claimed_at: NotRequired[str | None]
    started_at: NotRequired[str | None]
    heartbeat_at: NotRequired[str | None]
    stale_warned_at: NotRequired[str | None]
    deadline: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    reviewed_at: NotRequired[str | None]
    late: NotRequired[LateText | None]


class Task(TaskKeys, closed=True):
    """A task as lists show it."""


class QueuedTask(TaskKeys, closed=True):
    """A queued task; `position` counts from 1 at the head of the queue."""

    position: int


class OutcomeKeys(TypedDict):
    """A result, an accepted late result, or an error; null where there is none."""

    result_summary: str | None
    result_data: Any
    error_message: str | None


class Outcome(OutcomeKeys, closed=True):
    """The outcome that led to a task's status."""


class WholeTaskKeys(TaskKeys, OutcomeKeys):
    """A task with its prompt, its feedback and its outcome."""

    prompt: str
    feedback: str | None


class WholeTask(WholeTaskKeys, closed=True):
    """A task with its prompt, its feedback and its outcome."""


class LateResult(TypedDict, closed=True):
    """A result that came after its attempt had ended."""

    outcome: str | None
    text: NotRequired[str | None]
    data: NotRequired[Any]
    at: str


class Changes(TypedDict, closed=True):
    """What an attempt changed in the repository."""

    branch: NotRequired[str]
    head: NotRequired[str]
    dirty: NotRequired[bool]
    files: NotRequired[int]
    insertions: NotRequired[int]
    deletions: NotRequired[int]
    changed_before: NotRequired[bool]


class Attempt(TypedDict, closed=True):
    """One execution of a task."""

    attempt: int
    worker_id: str
    prompt_revision: int
    claimed_at: str
    heartbeat_at: NotRequired[str | None]
    stale_warned_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    outcome: NotRequired[str | None]
    result_summary: NotRequired[str | None]
    result_data: NotRequired[Any]
    error_message: NotRequired[str | None]
    error_type: NotRequired[str | None]
    late: NotRequired[LateResult | None]
    accepted_at: NotRequired[str | None]
    git_before: NotRequired[Changes | None]
    git_after: NotRequired[Changes | None]


class Event(TypedDict, closed=True):
    """One line of a task's timeline, or of the event stream."""

    id: int
    at: str
    kind: str
    task_id: NotRequired[int | None]
    queue_id: NotRequired[str | None]
    attempt: NotRequired[int | None]
    worker_id: NotRequired[str | None]
    text: NotRequired[str | None]


class Chat(TypedDict, closed=True):
    """A conversation of a client. `session` is the client's own id of it, `closed_at` when its connection ended."""

    client: str
    version: NotRequired[str | None]
    session: NotRequired[str | None]
    cwd: NotRequired[str | None]
    model: NotRequired[str | None]
    closed_at: NotRequired[str | None]


class TaskHistory(WholeTaskKeys, closed=True):
    """A task with everything: its texts, its attempts, its timeline, and the chat of the last attempt."""

    chat: Chat | None
    history: list[Attempt]
    events: list[Event]


class Prompt(TypedDict, closed=True):
    """One revision of a task's prompt."""

    revision: int
    text: str
    created_at: str


class TaskPage(TypedDict, closed=True):
    """A page of a list: `total` counts all tasks that match; without `next_cursor` it is the last page."""

    tasks: list[Task]
    total: int
    next_cursor: NotRequired[str | None]


class FinishedTask(TaskKeys, closed=True):
    """A line of the inbox: the beginning of the task's result or error, that of its late text, how long it took, and
    what it changed."""

    summary: str
    late_text: NotRequired[str | None]
    duration_s: NotRequired[float | None]
    changed: NotRequired[Changes | None]


class FinishedInQueue(TypedDict, closed=True):
    """How many tasks of one queue ended, and how many got a late text; timeouts are not counted as failed."""

    queue: str
    succeeded: int
    failed: int
    timed_out: int
    late: int


class SinceLastLook(TypedDict, closed=True):
    """What ended since your last look; `since` is null before the first one."""

    since: str | None
    queues: list[FinishedInQueue]


class Inbox(TypedDict, closed=True):
    """A page of unreviewed tasks: `total` counts all of them."""

    tasks: list[FinishedTask]
    total: int
    next_cursor: NotRequired[str | None]
    since_last_look: SinceLastLook


class QueueKeys(TypedDict):
    """A queue, and how many of its tasks have each status; `stale` counts among running, `unreviewed` among finished.
    The id is text."""

    id: str
    name: str
    session: NotRequired[str | None]
    status: Annotated[str, OneOf(*QueueStatus)]
    queued: int
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


class Queue(QueueKeys, closed=True):
    """A queue, and how many of its tasks have each status."""


class QueueList(TypedDict, closed=True):
    """A list of queues."""

    queues: list[Queue]
    total: int


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
    """Every session."""

    sessions: list[Session]
    total: int


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


class PreviousAttempt(TypedDict, closed=True):
    """How the attempt before this one ended."""

    attempt: int
    worker_id: str
    outcome: str
    error_type: NotRequired[str | None]
    text: NotRequired[str | None]


class ClaimedTaskKeys(TypedDict):
    """A claimed task as its worker needs it: settle it with `attempt`."""

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
    previous: NotRequired[PreviousAttempt | None]


class ClaimedTask(ClaimedTaskKeys, closed=True):
    """A claimed task as its worker needs it: settle it with `attempt`."""


class SettledKeys(TypedDict):
    """A settled task, and how many are queued behind it; `kept` is true if the outcome was reported before in other
    words, which are kept beside the first."""

    id: int
    status: Annotated[str, OneOf(*Status)]
    duration_s: NotRequired[float | None]
    remaining: int
    kept: NotRequired[bool | None]


class Settled(SettledKeys, closed=True):
    """A settled task, and how many are queued behind it."""


class Error(TypedDict, closed=True):
    """An error: a code for programs and its kind, what is wrong, and what to do next."""

    error: str
    kind: str
    message: str
    hint: str
