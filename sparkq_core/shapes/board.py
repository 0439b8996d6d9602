"""The board: queues with their heads, running tasks, what is to be reviewed, what was reviewed today."""

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.shapes.inbox import FinishedTask, QuestionsKeys
from sparkq_core.shapes.queues import Assignment, QueueKeys
from sparkq_core.shapes.tasks import Task, TaskKeys


class QueueLine(QueueKeys, closed=True):
    """A queue with its counts, and its next tasks in the order in which they will be claimed."""

    heads: list[Task]


class QueueLines(TypedDict, closed=True):
    """Every queue that is not archived, and the chats that were assigned to queues."""

    queues: list[QueueLine]
    total: int
    assignments: list[Assignment]


class RunningTask(TaskKeys, closed=True):
    """A running task, how long it has run, the last `note` of its worker, and the chat that holds it if one does."""

    running_s: float
    note: NotRequired[str | None]
    noted_at: NotRequired[str | None]
    chat_id: NotRequired[int | None]
    client: NotRequired[str | None]
    assignment: NotRequired[Assignment | None]


class Board(QuestionsKeys, closed=True):
    """The columns of the board, each with its total: the next tasks of each queue, the running tasks, the newest ones to
    review, and those that you have reviewed since `today` began."""

    queues: list[QueueLine]
    queued_total: int
    held_total: int
    running: list[RunningTask]
    running_total: int
    review: list[FinishedTask]
    review_total: int
    done: list[FinishedTask]
    done_total: int
    today: str
    assignments: list[Assignment]
