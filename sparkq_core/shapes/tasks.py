"""Tasks, their attempts and their timelines."""

from typing import Annotated, Any

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.lifecycle import CheckOutcome, Status
from sparkq_core.shapes.chats import Chat
from sparkq_core.shapes.values import OneOf


class LateText(TypedDict, closed=True):
    """The newest text that a worker sent after its attempt had ended, since the last requeue."""

    attempt: int | None
    outcome: Annotated[str | None, OneOf("succeeded", "failed")]
    at: str


class GateKeys(TypedDict):
    """Why a queue hands out no tasks for now; no key if it does. `paused` is true if you have paused it.
    `waiting_for_review` is how many tasks you have to review first, in a queue with a review limit; 0 if all those that it
    handed out are running."""

    paused: NotRequired[bool | None]
    waiting_for_review: NotRequired[int | None]


class Gate(GateKeys, closed=True):
    """Why a queue hands out no tasks for now."""


class TaskKeys(TypedDict):
    """A task without its long texts. `chat_closed_at` is when the chat that holds a running task was closed. Until
    `limit_until` a running task waits for the usage limit of its chat. Where a queue has a review limit, `review_state` is
    `pending` until you decide, then `approved` if you accepted the outcome, or `rejected` if you requeued the task."""

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
    chat_closed_at: NotRequired[str | None]
    limit_until: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    reviewed_at: NotRequired[str | None]
    review_state: NotRequired[Annotated[str, OneOf("pending", "approved", "rejected")] | None]
    late: NotRequired[LateText | None]


class Task(TaskKeys, closed=True):
    """A task as lists show it."""


class QueuedTask(TaskKeys, GateKeys, closed=True):
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
    """A task with its prompt, its feedback, the last question of its workers with your answer, and its outcome."""

    prompt: str
    feedback: str | None
    question: str | None
    answer: str | None


class WholeTask(WholeTaskKeys, closed=True):
    """A task with its prompt, its feedback and its outcome."""


class LateResult(TypedDict, closed=True):
    """A result that came after its attempt had ended."""

    outcome: str | None
    text: NotRequired[str | None]
    data: NotRequired[Any]
    at: str


class Changes(TypedDict, closed=True):
    """The state of the repository at a claim or an outcome, and what the attempt changed.

    `exact` counts are the difference of two trees; others are about, and `changed_before` says that they include earlier
    changes. `shared` are the tasks that ran in the same work tree at the same time, `between` counts the files that no
    task changed before the claim, and `skipped` those that are too large or cannot be read. Without a `branch` the HEAD
    is detached.
    """

    branch: NotRequired[str]
    head: NotRequired[str]
    work_tree: NotRequired[str]
    tree: NotRequired[str]
    skipped: NotRequired[int]
    between: NotRequired[int]
    dirty: NotRequired[bool]
    files: NotRequired[int]
    insertions: NotRequired[int]
    deletions: NotRequired[int]
    exact: NotRequired[bool]
    changed_before: NotRequired[bool]
    shared: NotRequired[list[int]]


class Usage(TypedDict, closed=True):
    """What an attempt cost, as its client printed it.

    `cached_tokens` are part of `input_tokens`. With `tasks`, the numbers are of a chat that worked so many tasks, in the
    `session` of that client.
    """

    client: str
    model: NotRequired[str]
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: NotRequired[float]
    session: NotRequired[str]
    tasks: NotRequired[int]


class Check(TypedDict, closed=True):
    """One run of the queue's check for an attempt; `tail` is the end of what it printed. `same_tree` is true if the attempt
    ended with the files that it ran on. `touched` are changed files that the check itself reads, such as tests."""

    number: int
    command: str
    outcome: Annotated[str, OneOf(*CheckOutcome)]
    exit_code: NotRequired[int | None]
    started_at: str
    duration_s: float
    tail: str
    work_tree: NotRequired[str | None]
    same_tree: NotRequired[bool | None]
    touched: NotRequired[list[str] | None]


class CheckRun(TypedDict, closed=True):
    """A check that was run for `attempt` of a task, which has failed it `failed` of at most `max_checks` times."""

    id: int
    attempt: int
    check: Check
    failed: int
    max_checks: int


class CheckedOutcome(TypedDict, closed=True):
    """What is known of the check of an outcome: the run on its very files, or the latest one; `missing` if there was none.
    `failed` of `runs` have failed. The other keys are those of that run."""

    outcome: Annotated[str, OneOf("missing", *(each for each in CheckOutcome if each != CheckOutcome.STOPPED))]
    command: str
    exit_code: NotRequired[int | None]
    duration_s: NotRequired[float | None]
    same_tree: NotRequired[bool | None]
    touched: NotRequired[list[str] | None]
    failed: NotRequired[int | None]
    runs: NotRequired[int | None]


class Attempt(TypedDict, closed=True):
    """One execution of a task."""

    attempt: int
    worker_id: str
    client: NotRequired[str | None]
    client_version: NotRequired[str | None]
    model: NotRequired[str | None]
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
    usage: NotRequired[Usage | None]
    question: NotRequired[str | None]
    answer: NotRequired[str | None]
    answered_at: NotRequired[str | None]
    checks: NotRequired[list[Check] | None]


class Event(TypedDict, closed=True):
    """One line of a task's timeline, or of the event stream. A verdict or a move to another queue has the `door` by
    which you gave it: `terminal`, `page` or `REST`."""

    id: int
    at: str
    kind: str
    task_id: NotRequired[int | None]
    queue_id: NotRequired[str | None]
    attempt: NotRequired[int | None]
    worker_id: NotRequired[str | None]
    text: NotRequired[str | None]
    door: NotRequired[str | None]


class TaskHistory(WholeTaskKeys, closed=True):
    """A task with everything: its texts, its attempts, its timeline, the chat of the attempt whose outcome counts, and the
    check of that outcome. `prompt_revision` is that of the prompt."""

    prompt_revision: int
    chat: Chat | None
    check: CheckedOutcome | None
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
