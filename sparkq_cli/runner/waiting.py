"""The queue that a runner works on, and how it waits: for changes, and for other processes that hold the lock."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, TypeVar

from sparkq_cli import reader
from sparkq_cli.hand_out import LOOK_SECONDS, say
from sparkq_cli.runner import worker
from sparkq_core import queues, times
from sparkq_core.errors import Busy, NoSuchQueue
from sparkq_core.maintenance import rounds
from sparkq_core.project import SparkQ

Found = TypeVar("Found")


class Mode(StrEnum):
    ONCE = "once"
    RUN = "run"
    WATCH = "watch"
    DRAIN = "drain"


class Runner(NamedTuple):
    """The queue that a runner works on, and its options. `hosts` are the names of the machine, `lock` its open lock file."""

    sq: SparkQ
    queue_id: int
    mode: Mode
    poll: float
    hosts: tuple[str, ...] = ()
    lock: int = -1

    @property
    def queue(self) -> str:
        """Return the queue's present name: it may be renamed at any time."""
        return queues.with_id(self.sq, self.queue_id).name

    def by_name(self, verb: Callable[[str], Found]) -> Found:
        """Call `verb` with the queue's present name, and again if the queue was renamed meanwhile."""
        while True:
            name = self.queue
            try:
                return verb(name)
            except NoSuchQueue:
                if self.queue == name:
                    raise

    def is_own(self, name: str | None) -> bool:
        """True if this machine's runner claimed under this name."""
        return worker.is_own(self.hosts, name)

    def say(self, text: str) -> None:
        """Print a line with the time."""
        now = self.sq.clock.now()
        say(f"{times.second(now, now)} {text}")


class Poll:
    """The beat of the polls: one each `seconds`, however often something wakes the runner in between."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic() + seconds

    def is_due(self) -> bool:
        """True once for each poll."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True

    def left(self) -> float:
        """Return the seconds until the next poll."""
        return max(self._next - time.monotonic(), 0.0)


def outlasting(runner: Runner, call: Callable[[], Found]) -> Found:
    """Return `call()`, and call it again for as long as other processes hold the lock, which is said once.

    `--once` is one cycle of polling, and raises Busy.
    """
    said = False
    while True:
        try:
            return call()
        except Busy as busy:
            if runner.mode == Mode.ONCE:
                raise
            if not said:
                runner.say(f"{busy.message} The runner waits and tries again.")
            said = True
            time.sleep(LOOK_SECONDS)


def wait(runner: Runner, seconds: float, seen: int, pause: Callable[[float], bool] | None = None) -> bool:
    """Wait until something has changed since the version `seen`, at most `seconds`, and do the upkeep that is due.

    `pause(seconds)` sleeps between two looks, and returns True to end the wait. Returns False if the time was over first.
    """
    end = time.monotonic() + seconds
    while True:
        until = min(end, time.monotonic() + rounds.interval_seconds(runner.sq))
        changed = _sleep(runner, until, seen, pause or _slept)
        swept = outlasting(runner, lambda: rounds.upkeep(runner.sq))
        if changed or swept.warned or swept.failed:
            return True
        if time.monotonic() >= end:
            return False


def _sleep(runner: Runner, until: float, seen: int, pause: Callable[[float], bool]) -> bool:
    while outlasting(runner, runner.sq.version) == seen:
        left = until - time.monotonic()
        if left <= 0:
            return False
        if pause(min(LOOK_SECONDS, left)):
            return True
    return True


def _slept(seconds: float) -> bool:
    reader.pause(seconds)
    return False
