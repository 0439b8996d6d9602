"""Clocks that only a test moves, and units of time."""

import time

NOON = 1_700_000_000_000
SECOND = 1000
HOUR = 3600


class SetClock:
    """A clock that a test moves, on a machine that runs meanwhile."""

    def __init__(self, now_ms: int = NOON) -> None:
        self.at = now_ms

    def now(self) -> int:
        return self.at

    def of_files(self, at: int) -> int:
        return time.time_ns() // 1_000_000 - (self.at - at)

    def monotonic(self) -> float:
        return time.monotonic() + (self.at - NOON) / SECOND

    def pause(self, tries: int = 0) -> None:  # noqa: ARG002  # as the core's clock has it
        time.sleep(0.0003)

    def move(self, seconds: float) -> None:
        """Later by `seconds`, or earlier."""
        self.at += round(seconds * SECOND)


class HastyClock(SetClock):
    """A clock whose waits cost nothing: each pause counts as a second, and is asked for with the tries before it."""

    waited = 0.0
    tries = -1

    def monotonic(self) -> float:
        return self.waited + (self.at - NOON) / SECOND

    def pause(self, tries: int = 0) -> None:
        self.tries = tries
        self.waited += 1.0


class RunningClock(SetClock):
    """A clock of a machine that runs: `run` lets time pass, `move` sets the clock that can be set."""

    ticks = 5000.0

    def monotonic(self) -> float:
        return self.ticks

    def run(self, seconds: float) -> None:
        self.ticks += seconds
        self.move(seconds)
