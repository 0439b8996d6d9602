"""Convert the pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkq_core.clock import date, iso
from sparkq_core.wire.values import Json, exclude_none, seconds_or_none

if TYPE_CHECKING:
    from sparkq_core.pace import Numbers, Pace


def pace(pace: Pace) -> Json:
    """Convert the numbers of a time: in all, by queue and by day."""
    return {
        "since": iso(pace.since), "until": iso(pace.until), **_numbers(pace.total), "unreviewed": pace.unreviewed,
        "queues": [
            {"queue": name, **_numbers(each.numbers), "unreviewed": each.unreviewed} for name, each in pace.queues.items()
        ],
        "days": [{"date": date(day), **_numbers(each)} for day, each in pace.days.items()],
    }  # fmt: skip


def _numbers(numbers: Numbers) -> Json:
    return exclude_none({
        "succeeded": numbers.succeeded, "failed": numbers.failed, "timed_out": numbers.timed_out,
        "median_s": seconds_or_none(numbers.median_ms), "p90_s": seconds_or_none(numbers.p90_ms),
        "cost_usd": None if numbers.cost_usd is None else round(numbers.cost_usd, 4),
    })  # fmt: skip
