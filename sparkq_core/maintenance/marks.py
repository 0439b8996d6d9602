"""Marks on the tasks that the background purge will delete: it deletes nothing at one look of the clock.

A mark is old enough after half an hour of observed time for a reviewed task, and after a day for an unreviewed one, which
is announced meanwhile. Observed time passes only while a SparkQ runs, and only as fast as both the machine's clock and the
one that cannot be set: a jump of the clock adds nothing, and several processes do not count the same minute twice. Where
SparkQ runs only for minutes at a time, a day of observed time takes long. That errs on the safe side.
"""

from typing import NamedTuple

from sparkq_core import stale
from sparkq_core.observed import OBSERVED_EVERY, ticks
from sparkq_core.project import SparkQ
from sparkq_core.purged import NOTICE
from sparkq_core.storage.parameters import Values

SECOND_LOOK = 1_800_000
"""Milliseconds of observed time between the mark of a reviewed task and its end."""

BATCH = 200
"""Marks written in one transaction."""

_NOT_ARCHIVED = "t.queue_id NOT IN (SELECT q.id FROM queues AS q WHERE q.status = 'archived')"
_STILL_DUE = f"""
iif(m.reviewed, t.reviewed_at, iif(t.reviewed_at IS NULL AND t.finished_at IS NOT NULL, t.news_at, NULL)) IS m.due_since
AND m.due_since < iif(m.reviewed, :reviewed_before, :unreviewed_before) AND {_NOT_ARCHIVED}
"""
_UNMARKED = "NOT EXISTS (SELECT 1 FROM purge_marks AS m WHERE m.task_id = t.id)"

IS_TIME = """
SELECT 1 FROM project WHERE EXISTS (SELECT 1 FROM purge_marks)
AND (observed_at IS NULL OR abs(:now - observed_at) >= :pause OR abs(:tick - observed_tick) >= :pause)
"""
REVIEWED_DUE = f"""
SELECT t.id, t.reviewed_at, 1 FROM tasks AS t INDEXED BY tasks_by_review
WHERE t.reviewed_at IS NOT NULL AND t.reviewed_at < :reviewed_before AND {_NOT_ARCHIVED} AND {_UNMARKED}
"""
UNREVIEWED_DUE = f"""
SELECT t.id, t.news_at, 0 FROM tasks AS t INDEXED BY tasks_inbox
WHERE t.news_at IS NOT NULL AND t.reviewed_at IS NULL AND t.news_at < :unreviewed_before AND t.finished_at IS NOT NULL
AND {_NOT_ARCHIVED} AND {_UNMARKED}
"""
MARK = """
INSERT OR IGNORE INTO purge_marks (task_id, due_since, reviewed, observed_ms)
SELECT id, :due_since, :reviewed, :observed FROM tasks WHERE id = :id
"""
VOID = f"""
SELECT m.task_id FROM purge_marks AS m CROSS JOIN tasks AS t ON t.id = m.task_id WHERE NOT ({_STILL_DUE})
"""
UNMARK = "DELETE FROM purge_marks WHERE task_id = :id"
RIPE = f"""
SELECT m.task_id FROM purge_marks AS m CROSS JOIN tasks AS t ON t.id = m.task_id
WHERE m.observed_ms <= :observed - iif(m.reviewed, :second_look, :notice) AND {_STILL_DUE} ORDER BY m.task_id
"""


class Due(NamedTuple):
    """The moments (UTC ms) before which a review, or the newest news of an unreviewed task, is old enough to purge."""

    reviewed_before: int
    unreviewed_before: int


def observe(sq: SparkQ) -> None:
    """Count the time that has passed if a task is marked. Every long-lived process calls it at each round, and there are
    no writes while no task is marked."""
    clocks = {"now": sq.clock.now(), "tick": ticks(sq.clock)}
    if sq.db.row(IS_TIME, clocks | {"pause": OBSERVED_EVERY}) is not None:
        observed(sq)


def observed(sq: SparkQ) -> int:
    """Count the time that has passed since the last observation, and return all that was observed so far, in ms."""
    with sq.db.write() as tx:
        return stale.look(sq, tx, sq.clock.now())


def withdraw(sq: SparkQ, due: Due) -> None:
    """Take the marks away from tasks that are no longer due: reviewed or requeued since, archived, or young again."""
    _in_batches(sq, UNMARK, [{"id": task} for (task,) in sq.db.rows(VOID, due._asdict())])


def ripe(sq: SparkQ, due: Due, observed_ms: int) -> list[int]:
    """Return the tasks whose mark is old enough."""
    values = {**due._asdict(), "observed": observed_ms, "second_look": SECOND_LOOK, "notice": NOTICE}
    return [int(task) for (task,) in sq.db.rows(RIPE, values)]


def add(sq: SparkQ, due: Due, observed_ms: int) -> int:
    """Mark the tasks that have become due. Returns how many of them are unreviewed."""
    rows = [*sq.db.rows(REVIEWED_DUE, due._asdict()), *sq.db.rows(UNREVIEWED_DUE, due._asdict())]
    values = [
        {"id": task, "due_since": moment, "reviewed": reviewed, "observed": observed_ms}
        for task, moment, reviewed in rows
    ]
    _in_batches(sq, MARK, values)
    return sum(not reviewed for *_, reviewed in rows)


def _in_batches(sq: SparkQ, sql: str, values: list[Values] | list[dict[str, int]]) -> None:
    """Run a statement for each of `values`, in small transactions with pauses for other writers."""
    for start in range(0, len(values), BATCH):
        if start:
            sq.clock.pause()
        with sq.db.write() as tx:
            tx.run_each(sql, values[start : start + BATCH])
