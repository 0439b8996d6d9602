"""Statistics: finished tasks by day, and their duration by queue."""

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import statistics
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Open

router = Router(prefix="/api/statistics", tags=["statistics"])


class Day(TypedDict, closed=True):
    """The number of tasks that finished on one day (UTC)."""

    date: str
    succeeded: int
    failed: int
    timed_out: int


class Pace(TypedDict, closed=True):
    """The duration of a queue's succeeded attempts."""

    queue: str
    finished: int
    mean_ms: int
    longest_ms: int


class Statistics(TypedDict, closed=True):
    """The last seven days, today last."""

    days: list[Day]
    queues: list[Pace]


@router.get("")
async def week(sq: Open) -> Answer[Statistics]:
    """Show the last seven days (UTC)."""
    return Answer({
        "days": [_day(day) for day in statistics.by_day(sq)],
        "queues": [_pace(pace) for pace in statistics.by_queue(sq)],
    })  # fmt: skip


def _day(day: statistics.Day) -> Day:
    return {"date": day.date, "succeeded": day.succeeded, "failed": day.failed, "timed_out": day.timed_out}


def _pace(pace: statistics.Pace) -> Pace:
    return {
        "queue": pace.queue,
        "finished": pace.finished,
        "mean_ms": pace.mean_ms,
        "longest_ms": pace.longest_ms,
    }
