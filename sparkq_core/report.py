"""The report: what happened in a time, one line for each attempt that ended, with counts by hour, queue and day.

It counts what happened, reviewed or not, and goes by attempts: a task that failed and then succeeded is two lines. Days and
hours are those of the machine's time zone. What was purged is there with the line that it left.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from sparkq_core import queues
from sparkq_core.clock import midnight
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import RELEASED, ErrorType, Status, elapsed_ms
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep_for_reader
from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import MAX_ID, checked_limit, number
from sparkq_core.titles import title_of

QUARTER = 900_000
"""Milliseconds in which counts are collected: the zones of the world differ by quarters of an hour."""

HOUR = 4 * QUARTER
MOST_HOURS = 26
"""Hours of a time that is shown hour by hour: those of a day, which may have 25."""

EARLIER_DAYS = 14
BEGINNING = 600
"""Characters of an outcome in which its line is looked for: the first of a result, the last of an error."""

_KIND = f"""CASE WHEN a.question IS NOT NULL THEN 'asked' WHEN a.error_type IS '{ErrorType.TIMEOUT}' THEN 'timed_out'
    ELSE a.outcome END"""
_COUNTED = f"""a.finished_at >= :since AND a.finished_at < :until AND (:queue IS NULL OR t.queue_id = :queue)
    AND (a.outcome <> '{RELEASED}' OR a.question IS NOT NULL)"""
ENDED = f"""
SELECT a.finished_at, a.task_id, a.attempt, (SELECT q.name FROM queues AS q WHERE q.id = t.queue_id), t.title, {_KIND},
    a.claimed_at, coalesce(substr(coalesce(a.result, a.question), 1, {BEGINNING}), substr(a.error, -{BEGINNING}), ''),
    a.git_after, a.usage, a.client, a.chat_id,
    t.reviewed_at IS NOT NULL AND a.attempt = coalesce(t.accepted_attempt, t.attempts), 0
FROM attempts AS a INDEXED BY attempts_finished JOIN tasks AS t ON t.id = a.task_id
WHERE {_COUNTED} AND (a.finished_at, a.task_id, a.attempt) < (:at, :task, :attempt)
ORDER BY a.finished_at DESC, a.task_id DESC, a.attempt DESC LIMIT :limit
"""
_PURGED = """FROM purged AS p WHERE p.finished_at >= :since AND p.finished_at < :until AND p.status IN ('succeeded', 'failed')
AND (:queue IS NULL OR p.queue = (SELECT q.name FROM queues AS q WHERE q.id = :queue))"""
_PURGED_KIND = f"iif(p.error_type IS '{ErrorType.TIMEOUT}', 'timed_out', p.status)"
ENDED_PURGED = f"""
SELECT p.finished_at, p.id, p.attempts, p.queue, p.title, {_PURGED_KIND}, NULL, p.excerpt, p.change, NULL, NULL, NULL,
    p.reviewed_at IS NOT NULL, 1
{_PURGED} AND (p.finished_at, p.id, p.attempts) < (:at, :task, :attempt)
ORDER BY p.finished_at DESC, p.id DESC LIMIT :limit
"""
COUNTED = f"""
SELECT a.finished_at / {QUARTER}, (SELECT q.name FROM queues AS q WHERE q.id = t.queue_id), {_KIND}, count(*),
    sum(max(a.finished_at - a.claimed_at, 0))
FROM attempts AS a INDEXED BY attempts_finished JOIN tasks AS t ON t.id = a.task_id
WHERE {_COUNTED} GROUP BY 1, 2, 3
"""
COUNTED_PURGED = f"""
SELECT p.finished_at / {QUARTER}, p.queue, {_PURGED_KIND}, count(*), 0 {_PURGED} GROUP BY 1, 2, 3
"""
REVIEWED = """
SELECT count(*) FROM tasks INDEXED BY tasks_by_review
WHERE reviewed_at IS NOT NULL AND reviewed_at >= :since AND reviewed_at < :until AND status <> 'cancelled'
    AND (:queue IS NULL OR queue_id = :queue)
"""
REVIEWED_PURGED = """
SELECT count(*) FROM purged WHERE reviewed_at >= :since AND reviewed_at < :until AND status <> 'cancelled'
    AND (:queue IS NULL OR queue = (SELECT q.name FROM queues AS q WHERE q.id = :queue))
"""
USED = """
SELECT a.usage FROM attempts AS a INDEXED BY attempts_finished JOIN tasks AS t ON t.id = a.task_id
WHERE a.finished_at >= :since AND a.finished_at < :until AND a.usage IS NOT NULL AND (:queue IS NULL OR t.queue_id = :queue)
"""


K = TypeVar("K", int, str)


class Tally(NamedTuple):
    """How many attempts ended in each way, and how long they took together (ms)."""

    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    asked: int = 0
    worked_ms: int = 0

    @property
    def total(self) -> int:
        """How many attempts ended."""
        return self.succeeded + self.failed + self.timed_out + self.asked


class Ended(NamedTuple):
    """An attempt that ended: `line` is the first of its result or question, or the last of its error. Of a purged task
    only the line is left."""

    finished_at: int
    task: int
    attempt: int
    queue: str
    title: str
    outcome: str
    claimed_at: int | None
    line: str
    git_after: str | None
    usage: str | None
    client: str | None
    chat_id: int | None
    reviewed: int
    purged: int

    @property
    def duration_ms(self) -> int | None:
        """How long the attempt took, if that is still known."""
        return None if self.claimed_at is None else elapsed_ms(self.claimed_at, self.finished_at)


class Report(NamedTuple):
    """What happened from `since` until `until` (UTC ms). `hours` and `days` begin at their first moment (UTC ms), the
    latest last; there are hours only for about a day. `next` continues after `ended`, the latest first. `purged` of the attempts
    are of purged tasks: their earlier attempts, and how long they took, are not known any more."""

    since: int
    until: int
    tally: Tally
    reviewed: int
    cost_usd: float | None
    queues: dict[str, Tally]
    hours: dict[int, Tally]
    days: dict[int, Tally]
    ended: tuple[Ended, ...]
    next: str | None
    purged: int


def of(
    sq: SparkQ, since: int, until: int, *, queue: str | None = None, limit: int = 500, cursor: str | None = None
) -> Report:
    """Return what happened from `since` until `until` (UTC ms), with at most `limit` (1 to 1,000) attempts.

    Raises NoSuchQueue, InvalidValue.
    """
    checked_limit(limit)
    if since >= until:
        raise InvalidValue("The time of the report ends before it begins.", "Give an earlier begin.")
    at, task, attempt = _place(cursor)
    sweep_for_reader(sq)
    with sq.db.read() as tx:
        wanted = {"since": since, "until": until, "queue": queues.get(tx, queue).id if queue is not None else None}
        page = {**wanted, "at": at, "task": task, "attempt": attempt, "limit": limit + 1}
        rows = sorted((*tx.rows(ENDED, page), *tx.rows(ENDED_PURGED, page)), key=lambda row: row[:3], reverse=True)
        counted = _counted(tx, wanted)
        reviewed = sum(number for statement in (REVIEWED, REVIEWED_PURGED) for (number,) in tx.rows(statement, wanted))
        of_purged = sum(row[3] for row in tx.rows(COUNTED_PURGED, wanted))
        costs = [json.loads(usage).get("cost_usd") for (usage,) in tx.rows(USED, wanted)]
        earliest = midnight(until - 1, 1 - EARLIER_DAYS)
        recent = _counted(tx, {**wanted, "since": earliest, "until": midnight(until - 1, 1)})
    ended = tuple(_ended(row) for row in rows[:limit])
    known = [cost for cost in costs if cost is not None]
    return Report(
        since, until, _sum(counted), reviewed, sum(known) if known else None,
        _grouped(counted, lambda each: each.queue),
        _hours(counted, since, until),
        _with_empty(_grouped(recent, lambda each: midnight(each.at)), _days(earliest, until)),
        ended, f"{ended[-1].finished_at}.{ended[-1].task}.{ended[-1].attempt}" if len(rows) > limit else None,
        of_purged,
    )  # fmt: skip


class _Count(NamedTuple):
    """Attempts of one queue that ended in one way in one quarter of an hour, which begins at `at` (UTC ms)."""

    at: int
    queue: str
    outcome: str
    number: int
    worked_ms: int


def _counted(db: Reader, wanted: dict[str, int | None]) -> list[_Count]:
    rows = (*db.rows(COUNTED, wanted), *db.rows(COUNTED_PURGED, wanted))
    return [_Count(quarter * QUARTER, *rest) for quarter, *rest in rows]


def _sum(counted: Iterable[_Count]) -> Tally:
    numbers: Counter[str] = Counter()
    for each in counted:
        numbers[each.outcome] += each.number
        numbers["worked_ms"] += each.worked_ms
    return Tally(**numbers)


def _grouped(counted: Iterable[_Count], key: Callable[[_Count], K]) -> dict[K, Tally]:
    groups: dict[K, list[_Count]] = defaultdict(list)
    for each in counted:
        groups[key(each)].append(each)
    return {name: _sum(groups[name]) for name in sorted(groups)}


def _hours(counted: Iterable[_Count], since: int, until: int) -> dict[int, Tally]:
    """Return a tally for each hour, also for those in which nothing ended; none for a longer time."""
    begin = midnight(since)
    first = begin + (since - begin) // HOUR * HOUR
    hours = range(first, until, HOUR)  # not a list: of all time it has 500,000
    if len(hours) > MOST_HOURS:
        return {}
    return _with_empty(_grouped(counted, lambda each: first + (each.at - first) // HOUR * HOUR), hours)


def _days(first: int, until: int) -> list[int]:
    days = [first]
    while (following := midnight(days[-1], 1)) < until:
        days.append(following)
    return days


def _with_empty(groups: dict[int, Tally], all_of: Iterable[int]) -> dict[int, Tally]:
    return {each: groups.get(each, Tally()) for each in all_of}


def _ended(row: tuple[object, ...]) -> Ended:
    ended = Ended(*row)  # type: ignore[arg-type]  # columns have the types of their tables
    lines = [line for line in ended.line.splitlines() if line.strip()]
    of_error = ended.outcome in (Status.FAILED, "timed_out")
    return ended._replace(line=title_of(lines[-1] if of_error else "\n".join(lines)) if lines else "")


def _place(cursor: str | None) -> tuple[int, int, int]:
    if cursor is None:
        return MAX_ID, MAX_ID, MAX_ID
    moment, _, rest = cursor.partition(".")
    task, _, attempt = rest.partition(".")
    return number(moment), number(task), number(attempt)
