"""The inbox, and what ended since the last look."""

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.shapes.purged import PurgeNews
from sparkq_core.shapes.tasks import Changes, CheckedOutcome, TaskKeys, Usage


class FinishedTask(TaskKeys, closed=True):
    """A line of the inbox: the beginning of the task's result or error, that of its late text, how long it took, what
    it changed, what it cost, and how it was checked."""

    summary: str
    late_text: NotRequired[str | None]
    duration_s: NotRequired[float | None]
    changed: NotRequired[Changes | None]
    usage: NotRequired[Usage | None]
    check: NotRequired[CheckedOutcome | None]


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


class RestVerdict(TypedDict, closed=True):
    """A verdict that came over REST and not from the page; `by` is the program that gave it, where that is known."""

    id: int
    friendly_id: str
    title: str
    verdict: str
    by: NotRequired[str | None]
    at: str


class Question(TypedDict, closed=True):
    """A question that waits for your answer: `attempt` of `worker_id` asked it."""

    id: int
    friendly_id: str
    queue: str
    title: str
    attempt: int
    worker_id: str
    question: str
    asked_at: str


class QuestionsKeys(TypedDict):
    """Questions that wait for your answer; `questions_total` counts all of them."""

    questions: list[Question]
    questions_total: int


class Questions(QuestionsKeys, closed=True):
    """Questions that wait for your answer."""


class Inbox(QuestionsKeys, closed=True):
    """The questions that wait for your answer, and a page of unreviewed tasks: `total` counts all of the tasks.

    `over_rest` are the verdicts since your last look that you gave neither on the page nor in a terminal.
    """

    tasks: list[FinishedTask]
    total: int
    next_cursor: NotRequired[str | None]
    since_last_look: SinceLastLook
    over_rest: NotRequired[list[RestVerdict] | None]
    purge: NotRequired[PurgeNews | None]
