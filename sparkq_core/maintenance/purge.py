"""Deletes old finished tasks, in small batches, so that other processes never wait for the purge.

Tasks are deleted `purge.older_than_days` after their review. Unreviewed ones are deleted only `purge.unreviewed_days`
after their outcome or their newest late text, because it is still to be read. A queued or running task is never
deleted, and ids are never reused. A chat goes when all of its attempts have gone.
"""

from collections.abc import Callable
from typing import NamedTuple

from sparkq_core import chats, events
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.storage.numbers import MAX_ID
from sparkq_core.tasks.order import FORGET

BATCH = 16
"""Tasks deleted in one transaction. It holds the write lock for less than 1 ms, the shortest wait of other writers."""

DAY = 86_400_000
PAUSE_BETWEEN_PURGES = 3_600_000
"""Milliseconds between two background purges of a project, by any of its processes."""

REVIEWED = """
SELECT count(*) FROM tasks INDEXED BY tasks_by_review WHERE reviewed_at IS NOT NULL AND reviewed_at < :before
"""
UNREVIEWED = """
SELECT count(*) FROM tasks INDEXED BY tasks_inbox
WHERE news_at IS NOT NULL AND reviewed_at IS NULL AND news_at < :before AND status <> 'queued'
"""
DELETE_REVIEWED = """
DELETE FROM tasks WHERE id IN (SELECT id FROM tasks INDEXED BY tasks_by_review
    WHERE reviewed_at IS NOT NULL AND reviewed_at < :before ORDER BY reviewed_at LIMIT :batch) RETURNING id
"""
DELETE_UNREVIEWED = """
DELETE FROM tasks WHERE id IN (SELECT id FROM tasks INDEXED BY tasks_inbox
    WHERE news_at IS NOT NULL AND reviewed_at IS NULL AND news_at < :before AND status <> 'queued'
    ORDER BY news_at LIMIT :batch)
RETURNING id
"""
DUE = "WHERE purged_at IS NULL OR purged_at <= :now - :pause OR purged_at > :now"
IS_TURN = f"SELECT 1 FROM project {DUE}"
TURN = f"UPDATE project SET purged_at = :now {DUE} RETURNING 1"


class Purged(NamedTuple):
    """The number of tasks that were deleted, or would be."""

    reviewed: int
    unreviewed: int

    @property
    def total(self) -> int:
        return self.reviewed + self.unreviewed


def purge(
    sq: SparkQ,
    *,
    older_than: int | None = None,
    unreviewed: int | None = None,
    dry_run: bool = False,
    on_batch: Callable[[int], None] | None = None,
) -> Purged:
    """Delete tasks reviewed longer ago than `older_than` ms, and unreviewed ones without news for `unreviewed` ms.

    Their defaults are the ages of the configuration. `dry_run` only counts. `on_batch` is called with the number of tasks
    deleted so far. Raises InvalidValue for a negative age.
    """
    settings = sq.config.settings.purge
    reviewed_age = settings.older_than_days * DAY if older_than is None else older_than
    unreviewed_age = settings.unreviewed_days * DAY if unreviewed is None else unreviewed
    if reviewed_age < 0 or unreviewed_age < 0:
        raise InvalidValue("An age cannot be negative.", "Use days, hours or minutes: 3d, 12h, 30m.")
    now = sq.clock.now()
    old, older = max(now - reviewed_age, -MAX_ID), max(now - unreviewed_age, -MAX_ID)
    if dry_run:
        return Purged(_count(sq, REVIEWED, old), _count(sq, UNREVIEWED, older))
    reviewed = _delete(sq, DELETE_REVIEWED, old, on_batch, 0)
    purged = Purged(reviewed, _delete(sq, DELETE_UNREVIEWED, older, on_batch, reviewed))
    if purged.total:
        chats.forget(sq, old)
    return purged


def purge_in_turn(sq: SparkQ) -> Purged | None:
    """Purge if no process has purged in the last hour; else return None."""
    values = {"now": sq.clock.now(), "pause": PAUSE_BETWEEN_PURGES}
    if sq.db.row(IS_TURN, values) is None:
        return None
    with sq.db.write() as tx:
        if tx.row(TURN, values) is None:
            return None
    return purge(sq)


def _count(sq: SparkQ, sql: str, before: int) -> int:
    row = sq.db.row(sql, {"before": before})
    return int(row[0]) if row else 0


def _delete(sq: SparkQ, sql: str, before: int, on_batch: Callable[[int], None] | None, gone: int) -> int:
    deleted = 0
    while True:
        with sq.db.write() as tx:
            newest = events.newest(tx)
            ids = [task for (task,) in tx.rows(sql, {"before": before, "batch": BATCH})]
            tx.run_each(FORGET, [{"task": task} for task in ids])
            if ids:
                text = f"{len(ids)} tasks, #{min(ids)} to #{max(ids)}"
                events.note_deleted(tx, sq.clock.now(), "purged", newest, text=text)
        deleted += len(ids)
        if on_batch is not None and ids:
            on_batch(gone + deleted)
        if len(ids) < BATCH:
            return deleted
        for _ in range(2):  # twice the sleep of a waiting writer, so that it mostly gets the lock before the next batch
            sq.clock.pause()
