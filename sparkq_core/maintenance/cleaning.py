"""Cleans up after tasks were deleted: what is left of their texts leaves the file, and free space goes back to the disk.

Every connection overwrites what it deletes (`secure_delete`). But the search index drops the words of a deleted task only
when it merges, and the log has pages as they were. So the index is merged, free pages are given back, and the log is
emptied. Copies that were made before, such as backups, are not touched.
"""

from typing import NamedTuple

from sparkq_core.clock import DAY
from sparkq_core.errors import Busy
from sparkq_core.project import SparkQ
from sparkq_core.storage import space

QUIET = 60_000
"""Milliseconds without an event after which a project is quiet. A deletion waits for that at most a day."""

TRY_AGAIN = 600_000
"""Milliseconds until a cleaning is tried again that another process prevented."""

MERGE = "INSERT INTO search (search, rank) VALUES ('merge', -32)"
"""Merge the index for about 32 pages of 4 KB, for which other writers wait 10 ms; negative: to one part in the end."""

INDEX_PAGES = "SELECT count(*) FROM search_data"
MERGE_PAGES = 32

SMALL = 32 * 1024 * 1024
"""Used bytes up to which a file of an earlier version is written again by itself: other writers wait for a third of a second."""

WORTH = 1024 * 1024
"""Free bytes from which this is done, if they are a quarter of the file."""

DELETED = "SELECT deleted_event FROM project WHERE deleted_event IS NOT NULL"
_IS_TIME = """
deleted_event IS NOT NULL AND (cleaned_at IS NULL OR cleaned_at <= :now - :pause OR cleaned_at > :now)
AND (abs(:now - (SELECT at FROM events WHERE id = (SELECT max(id) FROM events))) >= :quiet
    OR abs(:now - (SELECT at FROM events WHERE id = deleted_event)) >= :pause)
"""
IS_CLEANING_TURN = f"SELECT 1 FROM project WHERE {_IS_TIME}"
CLEANING_TURN = f"UPDATE project SET cleaned_at = :now WHERE {_IS_TIME} RETURNING 1"
CLEAN_LATER = "UPDATE project SET cleaned_at = :at"
CLEANED = "UPDATE project SET deleted_event = NULL WHERE deleted_event = :event"


def clean_in_turn(sq: SparkQ) -> bool:
    """Clean up if tasks were deleted, it is quiet, and no process has cleaned up in the last day; True if it is done.

    If it cannot be done, it is tried again in ten minutes.
    """
    turn = {"now": sq.clock.now(), "pause": DAY, "quiet": QUIET}
    if sq.db.row(IS_CLEANING_TURN, turn) is None:
        return False
    with sq.db.write() as tx:
        if tx.row(CLEANING_TURN, turn) is None:
            return False
    done = clean(sq)
    if not done:
        with sq.db.write() as tx:
            tx.run(CLEAN_LATER, {"at": sq.clock.now() - DAY + TRY_AGAIN})
    return done


def clean(sq: SparkQ) -> bool:
    """Clean up now, in small steps between which others write. Returns False if another process still uses the log, which
    may have the deleted texts until the next time."""
    deleted = sq.db.row(DELETED)
    _merge_index(sq)
    _give_back(sq)
    done = space.empty_log(sq.db)
    if done and deleted is not None:
        with sq.db.write() as tx:
            tx.run(CLEANED, {"event": deleted[0]})
    return done


class Rewritten(NamedTuple):
    """The bytes of a file and its log before and after it was written again; the log is not empty if it is not clean."""

    before: int
    after: int
    is_clean: bool


def write_again(sq: SparkQ) -> Rewritten:
    """Write the file again without its free space, and clean up. Others wait meanwhile. Raises Busy, StorageError."""
    before = _size(sq)
    space.write_again(sq.db)
    is_clean = clean(sq)
    return Rewritten(before, _size(sq), is_clean)


def _size(sq: SparkQ) -> int:
    files = (sq.db.path, sq.db.path.with_name(f"{sq.db.path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _merge_index(sq: SparkQ) -> None:
    """Merge the search index. Others may add to it meanwhile: it ends after twice the work that there was."""
    row = sq.db.row(INDEX_PAGES)
    for _ in range(2 * (int(row[0]) if row else 0) // MERGE_PAGES + 8):
        changes = sq.db.connection().total_changes
        before = changes()
        with sq.db.write() as tx:
            tx.run(MERGE)
        if changes() - before < 2:  # the statement itself counts as one
            return
        _let_others_write(sq)


def _give_back(sq: SparkQ) -> None:
    now = space.measure(sq.db)
    if not now.in_steps:
        if now.used <= SMALL and now.free >= max(WORTH, now.used // 3):
            try:
                space.write_again(sq.db)
            except Busy:
                return
        return
    while space.give_back_some(sq.db):
        _let_others_write(sq)


def _let_others_write(sq: SparkQ) -> None:
    """Sleep twice as long as a waiting writer, so that it mostly gets the lock before the next step."""
    for _ in range(2):
        sq.clock.pause()
