"""Convert statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkq_core.clock import date, iso
from sparkq_core.wire.values import excludes_none, seconds_or_none

if TYPE_CHECKING:
    from sparkq_core import shapes
    from sparkq_core.statistics import Numbers, Statistics


def statistics(of: Statistics) -> shapes.Statistics:
    """Convert the numbers of a time: in all, by queue and by day."""
    return {
        "since": iso(of.since),
        "until": iso(of.until),
        **_numbers(of.total),
        "unreviewed": of.unreviewed,
        "purged": of.purged,
        "queues": [
            {"queue": name, **_numbers(each.numbers), "unreviewed": each.unreviewed} for name, each in of.queues.items()
        ],
        "days": [{"date": date(day), **_numbers(each)} for day, each in of.days.items()],
    }


@excludes_none
def _numbers(numbers: Numbers) -> shapes.Numbers:
    return {
        "succeeded": numbers.succeeded,
        "failed": numbers.failed,
        "timed_out": numbers.timed_out,
        "median_s": seconds_or_none(numbers.median_ms),
        "p90_s": seconds_or_none(numbers.p90_ms),
        "cost_usd": None if numbers.cost_usd is None else round(numbers.cost_usd, 4),
    }
