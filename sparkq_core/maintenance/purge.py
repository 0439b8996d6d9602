"""Deletes old finished tasks, in small batches, so that other processes never wait for the purge.

Tasks are deleted `purge.older_than_days` after their review. Unreviewed ones are deleted only `purge.unreviewed_days`
after their outcome or their newest late text, because it is still to be read. The background purge marks both first, and
deletes them when their mark is old enough (see marks). Only finished tasks are deleted, and never one of an archived
queue unless you name the queue. Ids are never reused, and each task leaves a line. A chat goes when all of its attempts
have gone.
"""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sparkq_core import chats, events, purged, queues
from sparkq_core.clock import DAY
from sparkq_core.errors import InvalidValue
from sparkq_core.maintenance import marks
from sparkq_core.maintenance.marks import Due
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import MAX_ID
from sparkq_core.tasks.order import FORGET

BATCH = 16
"""Tasks deleted in one transaction. It holds the write lock for about 2 ms, as long as other writers sleep."""

PAUSE_BETWEEN_PURGES = 3_600_000
"""Milliseconds between two background purges of a project, by any of its processes."""

_OF_QUEUES = """
(queue_id = :queue OR (:queue IS NULL AND queue_id NOT IN (SELECT q.id FROM queues AS q WHERE q.status = 'archived')))
"""
_ARCHIVED = "queue_id IN (SELECT q.id FROM queues AS q WHERE q.status = 'archived')"
_REVIEWED = "FROM tasks INDEXED BY tasks_by_review WHERE reviewed_at IS NOT NULL AND reviewed_at < :reviewed_before"
_UNREVIEWED = """
FROM tasks INDEXED BY tasks_inbox
WHERE news_at IS NOT NULL AND reviewed_at IS NULL AND news_at < :unreviewed_before AND finished_at IS NOT NULL
"""
REVIEWED = f"SELECT id {_REVIEWED} AND {_OF_QUEUES}"
UNREVIEWED = f"SELECT id {_UNREVIEWED} AND {_OF_QUEUES}"
ARCHIVED_REVIEWED = f"SELECT count(*) {_REVIEWED} AND {_ARCHIVED}"
ARCHIVED_UNREVIEWED = f"SELECT count(*) {_UNREVIEWED} AND {_ARCHIVED}"
STILL_OLD = f"""
SELECT id, reviewed_at IS NOT NULL FROM tasks WHERE id IN (SELECT value FROM json_each(:ids)) AND {_OF_QUEUES}
AND ((reviewed_at IS NOT NULL AND reviewed_at < :reviewed_before)
    OR (reviewed_at IS NULL AND news_at < :unreviewed_before AND finished_at IS NOT NULL))
"""
DELETE = "DELETE FROM tasks WHERE id = :task"
DELETED = """
INSERT INTO purges (at, reviewed, unreviewed) VALUES (:now, :reviewed, :unreviewed)
ON CONFLICT (at) DO UPDATE SET reviewed = reviewed + :reviewed, unreviewed = unreviewed + :unreviewed
"""
OLD_PURGES = "DELETE FROM purges WHERE at < :before"
DUE = "WHERE purged_at IS NULL OR purged_at <= :now - :pause OR purged_at > :now"
IS_TURN = f"SELECT 1 FROM project {DUE}"
TURN = f"UPDATE project SET purged_at = :now {DUE} RETURNING 1"


class Purged(NamedTuple):
    """The number of tasks that were deleted, or would be, and of those as old in archived queues, which are kept."""

    reviewed: int
    unreviewed: int
    archived: int = 0

    @property
    def total(self) -> int:
        return self.reviewed + self.unreviewed


class Turn(NamedTuple):
    """What a background purge did: the tasks that it deleted, and how many unreviewed ones it marked to go next."""

    purged: Purged
    announced: int = 0


def purge(
    sq: SparkQ,
    *,
    older_than: int | None = None,
    unreviewed: int | None = None,
    queue: str | None = None,
    dry_run: bool = False,
    asked_at: int | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> Purged:
    """Delete tasks reviewed longer ago than `older_than` ms, and unreviewed ones without news for `unreviewed` ms, at once.

    Their defaults are the ages of the configuration. With `queue` only the tasks of this queue are deleted, which may be
    archived. `dry_run` only counts. Ages count back from `asked_at` (UTC ms), the moment when you were asked, or from now.
    `on_batch` is called with the number of tasks deleted so far. Raises InvalidValue for a negative age, NoSuchQueue.
    """
    due = _due(sq, older_than, unreviewed, asked_at)
    values = _values(sq, due, queue)
    reviewed, unread = ([int(row[0]) for row in sq.db.rows(sql, values)] for sql in (REVIEWED, UNREVIEWED))
    kept = 0 if queue is not None else sum(_count(sq, sql, due) for sql in (ARCHIVED_REVIEWED, ARCHIVED_UNREVIEWED))
    if dry_run:
        return Purged(len(reviewed), len(unread), kept)
    return _delete(sq, [*reviewed, *unread], values, on_batch)._replace(archived=kept)


def found(
    sq: SparkQ,
    *,
    older_than: int | None = None,
    unreviewed: int | None = None,
    queue: str | None = None,
    asked_at: int | None = None,
) -> tuple[int, ...]:
    """Return the tasks that `purge` would delete, the reviewed ones first. Raises as it does."""
    values = _values(sq, _due(sq, older_than, unreviewed, asked_at), queue)
    return tuple(int(row[0]) for sql in (REVIEWED, UNREVIEWED) for row in sq.db.rows(sql, values))


def _values(sq: SparkQ, due: Due, queue: str | None) -> dict[str, int | None]:
    return {**due._asdict(), "queue": None if queue is None else queues.by_name(sq, queue).id}


def purge_in_turn(sq: SparkQ) -> Turn | None:
    """Mark what is due, and delete what was marked long enough; return None if a process has done it in the last hour."""
    turn = {"now": sq.clock.now(), "pause": PAUSE_BETWEEN_PURGES}
    if sq.db.row(IS_TURN, turn) is None:
        return None
    with sq.db.write() as tx:
        if tx.row(TURN, turn) is None:
            return None
    due, observed = _due(sq, None, None), marks.observed(sq)
    marks.withdraw(sq, due)
    gone = _delete(sq, marks.ripe(sq, due, observed), {**due._asdict(), "queue": None}, None)
    return Turn(gone, marks.add(sq, due, observed))


def _due(sq: SparkQ, older_than: int | None, unreviewed: int | None, asked_at: int | None = None) -> Due:
    settings = sq.config.settings.purge
    reviewed_age = settings.older_than_days * DAY if older_than is None else older_than
    unreviewed_age = settings.unreviewed_days * DAY if unreviewed is None else unreviewed
    if reviewed_age < 0 or unreviewed_age < 0:
        raise InvalidValue("An age cannot be negative.", "Use days, hours or minutes: 3d, 12h, 30m.")
    now = sq.clock.now() if asked_at is None else asked_at
    return Due(max(now - reviewed_age, -MAX_ID), max(now - unreviewed_age, -MAX_ID))


def _count(sq: SparkQ, sql: str, due: Due) -> int:
    row = sq.db.row(sql, due._asdict())
    return int(row[0]) if row else 0


def _delete(
    sq: SparkQ, ids: Sequence[int], values: dict[str, int | None], on_batch: Callable[[int], None] | None
) -> Purged:
    """Delete those of the tasks that are still old, as `values` says: one may have got a late text since it was listed."""
    now, purged_so_far = sq.clock.now(), Purged(0, 0)
    for start in range(0, len(ids), BATCH):
        with sq.db.write() as tx:
            batch = _batch(sq, tx, ids[start : start + BATCH], values, now)
        purged_so_far = Purged(purged_so_far.reviewed + batch.reviewed, purged_so_far.unreviewed + batch.unreviewed)
        if on_batch is not None and batch.total:
            on_batch(purged_so_far.total)
        if start + BATCH < len(ids):
            # Twice the sleep of a waiting writer, so that it mostly gets the lock before the next batch.
            for _ in range(2):
                sq.clock.pause()
    _drop_lines(sq)
    if purged_so_far.total:
        chats.forget(sq, values["reviewed_before"] or 0)
        with sq.db.write() as tx:
            tx.run(OLD_PURGES, {"before": now - 2 * purged.RECENT})
    return purged_so_far


def _batch(sq: SparkQ, tx: Transaction, ids: Sequence[int], values: dict[str, int | None], now: int) -> Purged:
    still_old = tx.rows(STILL_OLD, {**values, "ids": json.dumps(ids)})
    if not still_old:
        return Purged(0, 0)
    gone = [int(task) for task, _ in still_old]
    newest = events.newest(tx)
    tx.run_each(FORGET, [{"task": task} for task in gone])
    if sq.config.settings.purge.keep_lines:
        purged.leave(tx, gone, now)
    tx.run_each(DELETE, [{"task": task} for task in gone])
    reviewed = sum(reviewed for _, reviewed in still_old)
    batch = Purged(reviewed, len(gone) - reviewed)
    tx.run(DELETED, {"now": now, "reviewed": batch.reviewed, "unreviewed": batch.unreviewed})
    events.note_deleted(tx, now, "purged", newest, text=f"{len(gone)} tasks, #{min(gone)} to #{max(gone)}")
    return batch


def _drop_lines(sq: SparkQ) -> None:
    """Drop the oldest lines beyond the number that is kept; all of them if the project wants none."""
    kept = purged.MAX_LINES if sq.config.settings.purge.keep_lines else 0
    ids = [{"id": line} for (line,) in sq.db.rows(purged.BEYOND, {"kept": kept})]
    for start in range(0, len(ids), BATCH):
        with sq.db.write() as tx:
            tx.run_each(purged.DROP, ids[start : start + BATCH])
            tx.run_each(FORGET, [{"task": line["id"]} for line in ids[start : start + BATCH]])
        sq.clock.pause()
