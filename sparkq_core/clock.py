"""Time and chance, so that everything else can be given other ones."""

import random
import time
from datetime import UTC, datetime
from typing import Protocol

LONG = 16
"""Tries for a lock after which a process counts as one that has waited long: about 30 ms."""


class Clock(Protocol):
    """What the core asks of time: tests pass one that they set."""

    def now(self) -> int:
        """UTC in milliseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow, for measuring a wait."""
        ...

    def pause(self, tries: int = 0) -> None:
        """Sleep for 0.75 to 3 ms, at random, between tries for a lock; a quarter of that after LONG `tries`: who has waited
        long tries more often than the others."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, tries: int = 0) -> None:
        time.sleep(random.uniform(0.00075, 0.003) / (4 if tries >= LONG else 1))


def token(length: int = 16) -> str:
    """An unguessable string of 2 x `length` hexadecimal digits."""
    import secrets  # 4 ms at import, and few commands need it

    return secrets.token_hex(length)


def iso(at: int) -> str:
    """UTC milliseconds as ISO 8601 with milliseconds and `Z`: the spelling of every door."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def from_iso(text: str) -> int:
    """The inverse of `iso`. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
