"""Time and randomness, in one place so that a test can replace them."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

LONG = 16
"""The number of tries for a lock after which a process has waited long, about 30 ms."""


class Clock(Protocol):
    """The time that the core uses: a test passes a clock that it sets."""

    def now(self) -> int:
        """Return UTC in milliseconds since 1970."""
        ...

    def of_files(self, at: int) -> int:
        """Return what the clock showed at a time of this one by which files have their times: that of the machine."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, to measure a wait."""
        ...

    def pause(self, tries: int = 0) -> None:
        """Sleep for a random 0.75 to 3 ms between two tries for a lock.

        After LONG `tries` it is a quarter of that, so that a process that has waited long tries more often than others.
        """
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def of_files(self, at: int) -> int:
        return at

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, tries: int = 0) -> None:
        import random  # a millisecond at import, and few processes wait

        time.sleep(random.uniform(0.00075, 0.003) / (4 if tries >= LONG else 1))


def token(length: int = 16) -> str:
    """Return an unguessable string of 2 x `length` hexadecimal digits."""
    return os.urandom(length).hex()  # as `secrets` does, whose import takes 4 ms


def iso(at: int) -> str:
    """Format UTC milliseconds as ISO 8601 with milliseconds and `Z`, as all doors do."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


LAST = 253_370_764_799_999
"""The last time (UTC ms) that may come from outside: the end of 9998, so that the deadlines after it can be shown too."""

DAY = 86_400_000
"""The milliseconds of a day."""


def day(at: int) -> str:
    """Format the day of UTC milliseconds in the time zone of the machine: `3 December 2026`."""
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone()
    return f"{moment.day} {moment:%B %Y}"


def time_of_day(at: int) -> str:
    """Format UTC milliseconds as the time of day in the time zone of the machine: `07:00`."""
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone():%H:%M}"


def date(at: int) -> str:
    """Format the day of UTC milliseconds in the time zone of the machine for programs: `2026-12-03`."""
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone():%Y-%m-%d}"


def from_date(text: str) -> int:
    """Return when a day such as 2026-12-03 begins in the time zone of the machine, in UTC ms. Raises ValueError."""
    return round(datetime.strptime(text, "%Y-%m-%d").timestamp() * 1000)


def midnight(at: int, days: int = 0) -> int:
    """Return when the day of `at` begins in the time zone of the machine, or one so many `days` later; UTC milliseconds.

    A day has 23 to 25 hours where the clocks change.
    """
    here = datetime.fromtimestamp(at / 1000)  # without a zone, as the clock on the wall goes
    day = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return round(day.timestamp() * 1000)


def next_time_of_day(after: int, hour: int, minute: int) -> int:
    """Return when the machine's clock shows this time of day next, after `after`; both in UTC milliseconds."""
    here = datetime.fromtimestamp(after / 1000)  # without a zone, as the clock on the wall goes
    days = (here.replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=more) for more in range(3))
    return next(at for day in days if (at := round(day.timestamp() * 1000)) > after)


def from_iso(text: str) -> int:
    """Parse ISO 8601 as UTC milliseconds, the inverse of `iso`. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
