"""Waiting for other processes: a condition is checked again and again, so that a test takes no longer than it must."""

import time
from collections.abc import Callable

SECONDS = 60
"""How long a server or a program may take for anything before the test gives up on it."""


def until(holds: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until a condition holds, checked every 20 ms."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)
