"""Observed time: what passes on the machine's clock and on the one that cannot be set, while a SparkQ looks.

A jump of the clock and the sleep of the machine are not observed, and several processes do not count the same minute
twice. The last look is in the store, so that it does not matter which process looks next.
"""

from typing import NamedTuple

from sparkq_core.clock import Clock
from sparkq_core.storage.database import Transaction

OBSERVED_EVERY = 300_000
"""Milliseconds between two looks where nothing else makes a process look."""

LONGEST_STEP = 2 * OBSERVED_EVERY
"""Milliseconds that one look adds at most: the machine slept, or no SparkQ ran, in what is beyond that."""

INEXACT = 1_000
"""Milliseconds by which the two clocks may differ without a jump: the system corrects one of them slowly."""

LAST = "SELECT observed_at, observed_tick FROM project"
OBSERVE = """
UPDATE project SET observed_at = :now, observed_tick = :tick,
    observed_ms = observed_ms + coalesce(max(min(:now - observed_at, :tick - observed_tick, :most), 0), 0)
RETURNING observed_ms
"""


class Look(NamedTuple):
    """All that was observed so far, in ms, and by how much the machine's clock went on without the other one since the
    last look: because the machine slept, or because the clock was set."""

    observed_ms: int
    skipped_ms: int


def ticks(clock: Clock) -> int:
    """Return the milliseconds of the clock that cannot be set. They begin again when the machine is started."""
    return round(clock.monotonic() * 1000)


def look(tx: Transaction, clock: Clock, now: int) -> Look:
    """Look at both clocks, and count the time that has passed since the last look of any process."""
    tick = ticks(clock)
    (last_at, last_tick) = tx.rows(LAST)[0]
    ((observed_ms,),) = tx.rows(OBSERVE, {"now": now, "tick": tick, "most": LONGEST_STEP})
    if last_at is None or tick < last_tick:
        return Look(observed_ms, 0)
    skipped_ms = (now - last_at) - (tick - last_tick)
    return Look(observed_ms, skipped_ms if skipped_ms > INEXACT else 0)
