"""Statistics: finished tasks by day, and how long they took by queue.

A timeout is counted apart from the failures that workers report.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sparkq_core.clock import DAY
from sparkq_core.lifecycle import ErrorType
from sparkq_core.project import SparkQ

DAYS = 7

BY_DAY = f"""
SELECT finished_at / :day, sum(outcome = 'succeeded'), sum(outcome = 'failed' AND error_type IS NOT '{ErrorType.TIMEOUT}'),
    sum(error_type IS '{ErrorType.TIMEOUT}')
FROM attempts INDEXED BY attempts_finished
WHERE finished_at >= :since AND outcome IN ('succeeded', 'failed') GROUP BY 1 ORDER BY 1
"""
BY_QUEUE = """
SELECT (SELECT q.name FROM queues AS q WHERE q.id = t.queue_id), count(*), avg(max(a.finished_at - a.claimed_at, 0)),
    max(max(a.finished_at - a.claimed_at, 0))
FROM attempts AS a INDEXED BY attempts_finished JOIN tasks AS t ON t.id = a.task_id
WHERE a.finished_at >= :since AND a.outcome = 'succeeded' GROUP BY t.queue_id ORDER BY 1
"""


class Day(NamedTuple):
    """How many attempts ended on one day (UTC), such as the `date` 2026-11-23."""

    date: str
    succeeded: int
    failed: int
    timed_out: int


class Pace(NamedTuple):
    """How long a queue's succeeded attempts took, in ms."""

    queue: str
    finished: int
    mean_ms: int
    longest_ms: int


def by_day(sq: SparkQ) -> tuple[Day, ...]:
    """Return the last seven days (UTC), today last, including days without work."""
    today = sq.clock.now() // DAY
    rows = {row[0]: row[1:] for row in sq.db.rows(BY_DAY, {"day": DAY, "since": (today - DAYS + 1) * DAY})}
    return tuple(Day(_date(day), *rows.get(day, (0, 0, 0))) for day in range(today - DAYS + 1, today + 1))


def by_queue(sq: SparkQ) -> tuple[Pace, ...]:
    """Return the time from claim to success by queue, over the last seven days."""
    since = (sq.clock.now() // DAY - DAYS + 1) * DAY
    return tuple(
        Pace(name, n, round(mean), longest) for name, n, mean, longest in sq.db.rows(BY_QUEUE, {"since": since})
    )


def _date(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()
