"""What waits for you: finished tasks, questions, and what happened since your last look."""

from typing import NamedTuple

from sparkq_core.model.rows import Task


class Seen(NamedTuple):
    """The outcome of a task that you saw: that of `attempt`, and if `late` a late text, that of `late_at` if known.

    `status` is the one that you saw, where a task in another one is to be refused.
    """

    id: int
    attempt: int
    late: bool = False
    late_at: int | None = None
    status: str | None = None


class Finished(NamedTuple):
    """A task as the inbox shows it. `summary` and `late_text` are the beginning of a result, or the end of an error.
    `check` is JSON."""

    task: Task
    summary: str
    late_text: str | None
    git_after: str | None
    usage: str | None
    check: str | None

    @property
    def seen(self) -> Seen:
        """The outcome as it is shown here."""
        return Seen(self.task.id, self.task.attempts, self.task.late_at is not None, self.task.late_at)

    @property
    def cursor(self) -> str:
        """The cursor of what comes after it."""
        return f"{self.task.news_at}.{self.task.id}"


class Inbox(NamedTuple):
    """Some of the unreviewed tasks: `total` counts all of them, `next` continues after these."""

    tasks: tuple[Finished, ...]
    total: int
    next: str | None = None


class Question(NamedTuple):
    """A held task, and the question of its worker that waits for your answer. `asked_at` in UTC ms."""

    task: Task
    worker: str
    question: str
    asked_at: int


class Questions(NamedTuple):
    """Some of the questions that wait for your answer; `total` counts all of them."""

    questions: tuple[Question, ...]
    total: int


class RestVerdict(NamedTuple):
    """A verdict that came over REST and not from the page, at `at` (UTC ms); `by` is the program, where it is known."""

    task: int
    title: str
    verdict: str
    by: str | None
    at: int


class Since(NamedTuple):
    """How many tasks of a queue ended since your last look, or got a late text; timeouts are not counted as failed."""

    queue: str
    succeeded: int
    failed: int
    timed_out: int
    late: int
