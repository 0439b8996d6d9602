"""The life cycle as data: which verb leads from which status to which, and after how long a silence time has its say.

Verbs bind their statuses from MOVES into the guards of their SQL, and the hints of the errors read it. A claim and the
sweep spell theirs out, since SQLite uses a partial index only for a literal; so do the counters, which are triggers. A
test does every verb in every status and holds all of them to MOVES. The two numbers below stand in the SQL as text, put
there when a module is read.
"""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class ErrorType(StrEnum):
    """The error types that SparkQ itself gives to a failed task; any other is the word of its worker."""

    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


class QueueStatus(StrEnum):
    """Where a queue stands: `ended` takes no new tasks, `archived` takes and gives nothing."""

    ACTIVE = "active"
    ENDED = "ended"
    ARCHIVED = "archived"


class SessionStatus(StrEnum):
    """Where a session stands."""

    ACTIVE = "active"
    ENDED = "ended"


class Move(NamedTuple):
    """One verb: the statuses it starts from, the one it leads to, and whether somebody does it (time does the others)."""

    from_statuses: tuple[Status, ...]
    target: Status
    by_hand: bool = True

    @property
    def from_status(self) -> Status:
        """The first (usually the only) status it starts from."""
        return self.from_statuses[0]


FINISHED_STATUSES = (Status.SUCCEEDED, Status.FAILED)

MOVES = {
    "claim": Move((Status.QUEUED,), Status.RUNNING),
    "edit": Move((Status.QUEUED,), Status.QUEUED),
    "cancel": Move((Status.QUEUED,), Status.FAILED),
    "progress": Move((Status.RUNNING,), Status.RUNNING),
    "complete": Move((Status.RUNNING,), Status.SUCCEEDED),
    "fail": Move((Status.RUNNING,), Status.FAILED),
    "release": Move((Status.RUNNING,), Status.QUEUED),
    "auto-fail": Move((Status.RUNNING,), Status.FAILED, by_hand=False),
    "requeue": Move((Status.FAILED,), Status.QUEUED),
    "requeue --again": Move((Status.SUCCEEDED,), Status.QUEUED),
    "accept": Move((Status.FAILED,), Status.SUCCEEDED),
}

MARKS = {"review": FINISHED_STATUSES}
"""Verbs that leave a task in its status, whichever of these it is."""


def verbs_from(status: str) -> list[str]:
    """The verbs that a person or a worker may use from `status`, for hints."""
    moves = [verb for verb, move in MOVES.items() if status in move.from_statuses and move.by_hand]
    return moves + [verb for verb, statuses in MARKS.items() if status in statuses]


WARN_AFTER = 1
"""A running task is stale after this many of its timeouts."""

FAIL_AFTER = 2
"""A running task fails by itself after this many of its timeouts."""


def fails_at(base: int, timeout: int, warned_at: int | None) -> int:
    """When a running task fails by itself, in UTC ms.

    `base` is the claim or the last heartbeat (UTC ms), `timeout` seconds. Normally base + 2 x timeout; when the
    warning came late (the laptop slept, nothing was running) one whole timeout after the warning, so that the
    warning always comes first.
    """
    due = base + FAIL_AFTER * timeout * 1000
    return due if warned_at is None else max(due, warned_at + timeout * 1000)
