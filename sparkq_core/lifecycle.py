"""The life cycle as data: the statuses that each verb starts from and leads to, and the times of a stale task.

The verbs take the statuses of their SQL guards from MOVES, and the hints of the errors too. A claim and the sweep have
literals instead, because SQLite uses a partial index only for a literal; so have the counters, which are triggers. A
test tries every verb in every status, and holds all of them to MOVES. WARN_AFTER and FAIL_AFTER become part of the SQL
when a module is imported.
"""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """The status of a task."""

    QUEUED = "queued"
    HELD = "held"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ErrorType(StrEnum):
    """The error types that SparkQ itself sets; any other comes from the worker."""

    TIMEOUT = "timeout"


class CheckOutcome(StrEnum):
    """How a run of a check ended. `changed` is an exit code 0 while files changed: it proves neither the files before nor
    those after. `stopped` was broken off, and says nothing."""

    PASSED = "passed"
    FAILED = "failed"
    CHANGED = "changed"
    STOPPED = "stopped"


class QueueStatus(StrEnum):
    """The status of a queue: `ended` accepts no new tasks, `archived` neither accepts nor hands out tasks."""

    ACTIVE = "active"
    ENDED = "ended"
    ARCHIVED = "archived"


class SessionStatus(StrEnum):
    """The status of a session."""

    ACTIVE = "active"
    ENDED = "ended"


class Move(NamedTuple):
    """A verb: the statuses it starts from and the one it leads to; `by_hand` is false if time alone makes it happen."""

    from_statuses: tuple[Status, ...]
    target: Status
    by_hand: bool = True

    @property
    def from_status(self) -> Status:
        """The first (usually the only) status it starts from."""
        return self.from_statuses[0]


FINISHED_STATUSES = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)

UNCLAIMED_STATUSES = (Status.QUEUED, Status.HELD)
"""A queued task waits for a worker, a held one for the answer to a question that its worker asked."""

RELEASED = "released"
"""The outcome of an attempt that its worker released; the other outcomes are succeeded and failed."""

MOVES = {
    "claim": Move((Status.QUEUED,), Status.RUNNING),
    "cancel": Move((Status.QUEUED, Status.HELD), Status.CANCELLED),
    "progress": Move((Status.RUNNING,), Status.RUNNING),
    "complete": Move((Status.RUNNING,), Status.SUCCEEDED),
    "fail": Move((Status.RUNNING,), Status.FAILED),
    "release": Move((Status.RUNNING,), Status.QUEUED),
    "release --question": Move((Status.RUNNING,), Status.HELD),
    "answer": Move((Status.HELD,), Status.QUEUED),
    "auto-fail": Move((Status.RUNNING,), Status.FAILED, by_hand=False),
    "requeue": Move((Status.FAILED, Status.CANCELLED), Status.QUEUED),
    "requeue --again": Move((Status.SUCCEEDED,), Status.QUEUED),
    "accept": Move((Status.FAILED, Status.CANCELLED, Status.QUEUED, Status.HELD), Status.SUCCEEDED),
}

MARKS = {"edit": UNCLAIMED_STATUSES, "move": UNCLAIMED_STATUSES, "review": FINISHED_STATUSES}
"""Verbs that do not change the status of a task, and the statuses in which they are possible."""


def verbs_from(status: str) -> list[str]:
    """Return the verbs that a person or a worker can use in `status`, for hints."""
    moves = [verb for verb, move in MOVES.items() if status in move.from_statuses and move.by_hand]
    return moves + [verb for verb, statuses in MARKS.items() if status in statuses]


WARN_AFTER = 1
"""A running task is stale after this many of its timeouts."""

FAIL_AFTER = 2
"""A running task fails by itself after this many of its timeouts."""


def elapsed_ms(start: int, end: int) -> int:
    """Return the time between two moments (UTC ms), 0 if the clock was set back between them."""
    return max(end - start, 0)


def fails_at(base: int, timeout: int, warned_at: int | None) -> int:
    """Return when a running task fails by itself, in UTC ms.

    `base` is the claim or the last heartbeat (UTC ms), `timeout` is in seconds. Normally it is base + 2 x timeout. If the
    warning came late, because the laptop slept or no SparkQ ran, it is one timeout after the warning, so that the
    warning always comes first.
    """
    due = base + FAIL_AFTER * timeout * 1000
    return due if warned_at is None else max(due, warned_at + timeout * 1000)
