"""The records that verbs and views return: rows put together, and what was counted."""

from typing import NamedTuple

from sparkq_core.model.rows import Attempt, Chat, Check, Counts, Event, Gate, Queue, Task


class Detail(NamedTuple):
    """A task with its long texts and its history. `chat` is the one of the last attempt, if a chat claimed it. `check` is
    what is known of the check of its outcome, as JSON, and `checks` are all runs."""

    task: Task
    prompt: str
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]
    feedback: str | None
    chat: Chat | None = None
    check: str | None = None
    checks: tuple[Check, ...] = ()

    @property
    def last(self) -> Attempt | None:
        """The attempt that led to the present status: the last one, or that whose late result was accepted."""
        number = self.task.accepted_attempt or self.task.attempts
        return next((attempt for attempt in self.attempts if attempt.attempt == number), None)

    @property
    def asked(self) -> Attempt | None:
        """The last attempt that ended with a question, whether it has been answered or not."""
        return next((attempt for attempt in reversed(self.attempts) if attempt.question is not None), None)

    @property
    def late_text(self) -> str | None:
        """The newest text that a worker sent after its attempt had ended, since the last requeue."""
        if self.task.late_at is None:
            return None
        return next((event.text for event in reversed(self.events) if event.kind == "late"), None)


class Earlier(NamedTuple):
    """How the previous attempt ended, for the next worker."""

    attempt: int
    worker: str
    outcome: str
    text: str | None
    error_type: str | None


class Asked(NamedTuple):
    """The last question of a task's workers that you have answered; `rounds` counts all of those."""

    attempt: int
    question: str
    answer: str
    rounds: int


class Claim(NamedTuple):
    """A task that a worker has claimed: settle it with `task.attempts` as the attempt.

    `instructions` are the present ones of the queue; their revision is 0 if the queue never had any. `check` is the queue's
    command that proves the task done, if it has one. `chat_id` is the chat that has just claimed it, if it is one.
    """

    task: Task
    prompt: str
    how: str
    feedback: str | None
    earlier: Earlier | None
    remaining: int
    instructions: str
    instructions_revision: int
    asked: Asked | None = None
    chat_id: int | None = None
    check: str | None = None


class Seen(NamedTuple):
    """The outcome of a task that you saw: that of `attempt`, and if `late` a late text, that of `late_at` if known."""

    id: int
    attempt: int
    late: bool = False
    late_at: int | None = None


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


class Line(NamedTuple):
    """A queue with its counts, and the tasks at its head in the order in which they will be claimed."""

    queue: Queue
    counts: Counts
    heads: tuple[Task, ...]


class AtWork(NamedTuple):
    """A running task, the last note of its worker, and the chat that holds it if one does."""

    task: Task
    note: str | None
    noted_at: int | None
    chat_id: int | None
    client: str | None


class TaskPage(NamedTuple):
    """Some tasks of a list: `total` counts all that match, `next` continues after them."""

    tasks: tuple[Task, ...]
    total: int
    next: str | None = None


class Settled(NamedTuple):
    """A settled task, and how many tasks of its queue remain.

    `again` is true if this outcome of `attempt` had been reported before, `kept` if that was in other words, which are
    then kept beside the first. `archived` is true if the queue hands out no tasks. `claimed` is the next task of the
    queue, for a worker that asked for it. `held` tasks of the queue wait for your answer, and
    `gate` is closed if the queue hands out none until you let it.
    """

    task: Task
    remaining: int
    attempt: int
    outcome: str
    again: bool = False
    kept: bool = False
    archived: bool = False
    claimed: Claim | None = None
    held: int = 0
    gate: Gate | None = None


class Swept(NamedTuple):
    """The tasks that one sweep changed."""

    warned: tuple[Task, ...] = ()
    failed: tuple[Task, ...] = ()
    released: tuple[Task, ...] = ()
