"""A task's life in plain Python: what the core must do, told without SQL."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sparkq_core.errors import ClaimLost, InvalidValue, SparkQError, WrongState
from tests.harness.clocks import SECOND

TIMEOUT = 60

ACCEPTED_FROM = ("failed", "cancelled", "queued", "held")
"""The statuses in which a late result can be accepted."""

CHANGED = ("status", "worker", "error_type", "reviewed_at", "finished_at", "late_at", "late", "feedback")
"""What a verdict may change of a task."""

Refusal = type[SparkQError] | None


@dataclass
class Try:
    """One attempt as it should be."""

    worker: str
    claimed_at: int
    outcome: str | None = None
    text: str | None = None
    error_type: str | None = None
    finished_at: int | None = None
    late: set[str] = field(default_factory=set)
    late_shown: tuple[str, str] | None = None
    late_last: str | None = None
    late_at: int = 0
    accepted: bool = False
    question: str | None = None
    answer: str | None = None
    checks: list[tuple[str, str]] = field(default_factory=list)
    """The command and the outcome of each run of its check."""

    def keep(self, outcome: str, text: str, now: int) -> bool:
        """Keep a report that came after the end; False if its words are known."""
        ended_so = (self.outcome, self.text) == (outcome, text) and self.error_type != "timeout"
        said_before = self.late_shown == (outcome, text) or (outcome == "failed" and self.late_last == text)
        if ended_so or said_before:
            return False
        if not self.accepted and not (outcome == "failed" and "succeeded" in self.late):
            self.late_shown, self.late_at = (outcome, text), now
            self.late = {outcome}
        self.late_last = text
        return True


@dataclass(eq=False)
class Verdict:
    """A verdict that can be taken back while it is `fresh`: nothing has happened to its task since."""

    job: "Job"
    before: dict[str, Any]
    accepted: int | None = None
    fresh: bool = True
    earlier: "Verdict | None" = None


@dataclass
class Job:
    """One task as it should be."""

    id: int
    queue: str
    status: str = "queued"
    worker: str | None = None
    heard_at: int = 0
    warned_at: int | None = None
    error_type: str | None = None
    reviewed_at: int | None = None
    finished_at: int | None = None
    late_at: int | None = None
    late: tuple[int, str] | None = None
    enqueued_in: str = ""
    prompt: str = ""
    feedback: str | None = None
    tries: list[Try] = field(default_factory=list)
    verdict: Verdict | None = None

    def kept(self) -> dict[str, Any]:
        """What a verdict may change."""
        return {name: getattr(self, name) for name in CHANGED}

    def touched(self) -> None:
        """Something happens to it: its last verdict stays."""
        if self.verdict is not None:
            self.verdict.fresh = False

    def unreview(self) -> None:
        assert self.verdict is not None
        for name, value in self.verdict.before.items():
            setattr(self, name, value)
        if self.verdict.accepted is not None:
            self.tries[self.verdict.accepted - 1].accepted = False
        self.touched()
        self.verdict = self.verdict.earlier
        if self.verdict is not None:
            self.verdict.fresh = True

    @property
    def last(self) -> Try:
        return self.tries[-1]

    @property
    def left_to_the_person(self) -> bool:
        """Whether a worker may not bring it back."""
        late = self.late_at is not None and self.status in ACCEPTED_FROM and bool(self.acceptable)
        return self.status == "cancelled" or late

    @property
    def reviewed(self) -> bool:
        return self.reviewed_at is not None

    @property
    def news_at(self) -> int | None:
        """When the newest came that the person has to see."""
        moments = [at for at in (self.finished_at, self.late_at) if at is not None]
        return max(moments) if moments and self.status != "running" else None

    @property
    def acceptable(self) -> list[int]:
        """The attempts with a late result that nobody has accepted, the newest first."""
        numbers = range(len(self.tries), 0, -1)
        return [
            number for number in numbers if "succeeded" in (old := self.tries[number - 1]).late and not old.accepted
        ]

    def came_late(self, attempt: int, outcome: str, now: int) -> None:
        self.late_at = now if self.late_at is None else max(now, self.late_at + 1)
        self.late, self.reviewed_at = (attempt, outcome), None
        self.touched()

    def forget_late(self) -> None:
        self.late_at = self.late = None

    def seen(self, now: int) -> None:
        """What a review does: a queued task has no outcome that could be marked."""
        if self.finished_at is None:
            self.forget_late()
        elif self.reviewed_at is None:
            self.reviewed_at = now

    def accept(self, attempt: int, now: int) -> None:
        accepted = self.tries[attempt - 1]
        self.status, self.error_type, self.worker, accepted.accepted = "succeeded", None, accepted.worker, True
        self.finished_at, self.reviewed_at = accepted.late_at, now
        self.forget_late()

    @property
    def earlier(self) -> Try | None:
        """What the next claimer is told of: the last attempt that came to something, else the last one."""
        settled = [attempt for attempt in self.tries if attempt.outcome != "released"] or self.tries
        return settled[-1] if settled else None

    def number(self, back: int | None) -> int | None:
        """The number of the present attempt or of one before it; one that never was too."""
        return None if back is None else len(self.tries) - back

    def start(self, worker: str, now: int) -> None:
        self.status, self.worker, self.heard_at, self.warned_at = "running", worker, now, None
        self.tries.append(Try(worker, now))
        self.touched()

    def hold(self, question: str, now: int) -> None:
        self.last.question = question
        self.end("released", None, None, now)
        self.status = "held"

    @property
    def answered(self) -> Try | None:
        """The last attempt whose question the person has answered."""
        return next((attempt for attempt in reversed(self.tries) if attempt.answer is not None), None)

    def end(self, outcome: str, text: str | None, error_type: str | None, now: int) -> None:
        self.last.outcome, self.last.text, self.last.error_type, self.last.finished_at = outcome, text, error_type, now
        if outcome == "released":
            self.wait()
        else:
            self.status, self.error_type, self.finished_at = outcome, error_type, now

    def wait(self) -> None:
        self.status, self.worker, self.warned_at, self.error_type = "queued", None, None, None
        self.finished_at = self.reviewed_at = None

    def old(self, now: int, reviewed_age: int, unreviewed_age: int) -> bool:
        """Whether a purge now takes the task away."""
        if self.reviewed_at is not None:
            return self.reviewed_at < now - reviewed_age
        return self.finished_at is not None and self.news_at is not None and self.news_at < now - unreviewed_age

    def heard_now(self, now: int) -> None:
        """What a clock that was set back does to a running task."""
        if self.status == "running" and max(self.heard_at, self.warned_at or 0) > now:
            self.heard_at, self.warned_at = min(self.heard_at, now), None

    def swept(self, now: int) -> None:
        """What time does to a running task."""
        if self.status != "running":
            return
        if self.warned_at is None:
            if now >= self.heard_at + TIMEOUT * SECOND:
                self.warned_at = now
        elif now >= max(self.heard_at + 2 * TIMEOUT * SECOND, self.warned_at + TIMEOUT * SECOND):
            self.end("failed", None, "timeout", now)

    def refuses(self, attempt: int | None) -> Refusal:
        """Why a holder's verb does not apply, None when it does."""
        if attempt is not None and not 1 <= attempt <= len(self.tries):
            return InvalidValue
        if attempt is not None and (attempt != len(self.tries) or self.status != "running"):
            return ClaimLost
        return None if self.status == "running" else WrongState

    def hides_whose(self, attempt: int | None) -> bool:
        """Whether a report without an attempt may be that of an earlier worker, who has said nothing yet."""
        silent = [old for old in self.tries[:-1] if old.error_type == "timeout" and old.late_last is None]
        return attempt is None and self.status == "running" and any(old.worker != self.worker for old in silent)


FITS: dict[str, Callable[[Job], bool]] = {
    "claim": lambda job: job.status == "queued",
    "edit": lambda job: job.status in ("queued", "held"),
    "cancel": lambda job: job.status in ("queued", "held"),
    "answer": lambda job: job.status == "held",
    "progress": lambda job: job.status == "running",
    "release": lambda job: job.status == "running",
    "settle": lambda job: job.status == "running",
    "settle too late": lambda job: bool(job.tries) and job.status != "running",
    "requeue": lambda job: job.status in ("failed", "succeeded", "cancelled"),
    "review": lambda job: job.news_at is not None and not job.reviewed,
    "accept": lambda job: job.status in ACCEPTED_FROM and bool(job.acceptable),
    "undo": lambda job: job.verdict is not None,
}
"""To which tasks a verb applies: a search that mostly tries what is refused finds little."""
