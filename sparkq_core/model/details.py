"""A task with its history."""

from typing import NamedTuple

from sparkq_core.model.rows import Attempt, Chat, Check, Event, Task


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
