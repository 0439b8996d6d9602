"""Statistics: how many attempts ended by queue and by day, how long they took, and what they cost.

Days are those of the machine's time zone. A timeout is counted apart from the failures that workers report. What was purged
is counted too; how long it took and what it cost is not known any more.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sparkq_core import queues
from sparkq_core.clock import midnight
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import RELEASED, ErrorType, Status, elapsed_ms
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep_for_reader

MOST_DAYS = 366
"""Days that are shown one by one, at most."""

TIMED_OUT = "timed_out"

ENDED = f"""
SELECT a.finished_at, (SELECT q.name FROM queues AS q WHERE q.id = t.queue_id),
    iif(a.error_type IS '{ErrorType.TIMEOUT}', '{TIMED_OUT}', a.outcome), a.claimed_at, a.usage
FROM attempts AS a INDEXED BY attempts_finished JOIN tasks AS t ON t.id = a.task_id
WHERE a.finished_at >= :since AND a.finished_at < :until AND a.outcome <> '{RELEASED}'
    AND (:queue IS NULL OR t.queue_id = :queue)
"""
ENDED_PURGED = f"""
SELECT p.finished_at, p.queue, iif(p.error_type IS '{ErrorType.TIMEOUT}', '{TIMED_OUT}', p.status), NULL, NULL FROM purged AS p
WHERE p.finished_at >= :since AND p.finished_at < :until AND p.status IN ('{Status.SUCCEEDED}', '{Status.FAILED}')
    AND (:queue IS NULL OR p.queue = (SELECT q.name FROM queues AS q WHERE q.id = :queue))
"""
UNCLAIMED_LATE = f"""
SELECT queue_id, count(*) FROM tasks INDEXED BY tasks_unclaimed_late
WHERE status IN ('{Status.QUEUED}', '{Status.HELD}') AND late_at IS NOT NULL GROUP BY queue_id
"""
"""They wait for your review too, beside the finished ones."""


class Numbers(NamedTuple):
    """How many attempts ended in each way. The median and the 90th percentile are of how long the succeeded ones took,
    None if none succeeded, the cost in dollars is of those of which it is known."""

    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    median_ms: int | None = None
    p90_ms: int | None = None
    cost_usd: float | None = None


class QueueNumbers(NamedTuple):
    """The numbers of a queue, and how many of its tasks wait for your review now."""

    numbers: Numbers
    unreviewed: int


class Statistics(NamedTuple):
    """The numbers from `since` until `until` (UTC ms): in all, by queue, and by the beginning (UTC ms) of each day. `purged`
    of them are of purged tasks, whose earlier attempts and times are not known any more."""

    since: int
    until: int
    total: Numbers
    unreviewed: int
    queues: dict[str, QueueNumbers]
    days: dict[int, Numbers]
    purged: int


class _Ended(NamedTuple):
    finished_at: int
    queue: str
    outcome: str
    claimed_at: int | None
    usage: str | None


def of(sq: SparkQ, since: int, until: int, *, queue: str | None = None) -> Statistics:
    """Return the statistics from `since` until `until` (UTC ms), at most 366 days, of one queue or all that are not archived.

    Archived queues count in the total. Raises NoSuchQueue, InvalidValue.
    """
    if since >= until:
        raise InvalidValue("The time of the statistics ends before it begins.", "Give an earlier begin.")
    if midnight(until, -MOST_DAYS) > since:
        raise InvalidValue(f"The statistics are of at most {MOST_DAYS} days.", "Give a later begin: --since 365d")
    sweep_for_reader(sq)
    listed = queues.all_of(sq)
    with sq.db.read() as tx:
        wanted = {"since": since, "until": until, "queue": queues.get(tx, queue).id if queue is not None else None}
        of_purged = tx.rows(ENDED_PURGED, wanted)
        late = {int(queue_id): int(number) for queue_id, number in tx.rows(UNCLAIMED_LATE)}
        ended = [_Ended(*row) for row in (*tx.rows(ENDED, wanted), *of_purged)]
    waiting = {
        each.name: counts.unreviewed + late.get(each.id, 0) for each, counts in listed if queue in (None, each.name)
    }
    by_queue: dict[str, list[_Ended]] = defaultdict(list)
    by_day: dict[int, list[_Ended]] = {day: [] for day in _days(since, until)}
    for each in ended:
        by_queue[each.queue].append(each)
        by_day[midnight(each.finished_at)].append(each)
    names = [name for name in waiting if by_queue[name] or waiting[name]]
    names += sorted(name for name in by_queue if name not in waiting and by_queue[name])
    return Statistics(
        since,
        until,
        _numbers(ended),
        sum(waiting.values()),
        {name: QueueNumbers(_numbers(by_queue[name]), waiting.get(name, 0)) for name in names},
        {day: _numbers(each) for day, each in by_day.items()},
        len(of_purged),
    )


def _days(since: int, until: int) -> list[int]:
    days = [midnight(since)]
    while (following := midnight(days[-1], 1)) < until:
        days.append(following)
    return days


def _numbers(ended: Iterable[_Ended]) -> Numbers:
    counted: dict[str, int] = defaultdict(int)
    durations: list[int] = []
    costs: list[float] = []
    for each in ended:
        counted[each.outcome] += 1
        if each.outcome == Status.SUCCEEDED and each.claimed_at is not None:
            durations.append(elapsed_ms(each.claimed_at, each.finished_at))
        cost = json.loads(each.usage).get("cost_usd") if each.usage is not None else None
        if cost is not None:
            costs.append(cost)
    durations.sort()
    return Numbers(
        counted[Status.SUCCEEDED],
        counted[Status.FAILED],
        counted[TIMED_OUT],
        _percentile(durations, 50),
        _percentile(durations, 90),
        sum(costs) if costs else None,
    )


def _percentile(ordered: list[int], percent: int) -> int | None:
    """Return the smallest value that is not below `percent` of all."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None
