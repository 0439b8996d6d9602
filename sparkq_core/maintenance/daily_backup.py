"""Makes a backup a day, by whichever long-lived process comes first, and keeps the newest `backup.keep` of them.

Only what it made itself is ever removed. Their order is that of the numbers in their names: a clock that was wrong for
a while cannot make a good backup the oldest one.
"""

from contextlib import suppress
from pathlib import Path

from sparkq_core import events
from sparkq_core.clock import DAY
from sparkq_core.config import copies
from sparkq_core.errors import SparkQError, StorageError
from sparkq_core.project import SparkQ
from sparkq_core.storage import copying

HOUR = 3_600_000
MOST_REMOVED = 2
"""Backups removed at one time, so that many new ones in a short time do not push out those of the last days at once."""

BACKUP_DUE = "WHERE backed_up_at IS NULL OR backed_up_at <= :now - :pause OR backed_up_at > :now"
IS_BACKUP_TURN = f"SELECT backed_up_event FROM project {BACKUP_DUE}"
BACKUP_TURN = f"UPDATE project SET backed_up_at = :now, backed_up_event = :event {BACKUP_DUE} RETURNING 1"
BACKUP_AGAIN = "UPDATE project SET backed_up_at = :at, backed_up_event = NULL"


def back_up_in_turn(sq: SparkQ) -> Path | None:
    """Make the backup of this day, if no process has made it and something has changed; return it, or None.

    Raises StorageError, after which it is tried again in an hour.
    """
    if sq.config.settings.backup.keep == 0:
        return None
    values = {"now": sq.clock.now(), "pause": DAY}
    due = sq.db.row(IS_BACKUP_TURN, values)
    newest = events.last(sq)
    if due is None or newest == 0 or (due[0] == newest and copies.automatic(sq.config)):
        return None
    with sq.db.write() as tx:
        if tx.row(BACKUP_TURN, values | {"event": newest}) is None:
            return None
    try:
        return _made(sq)
    except SparkQError:
        with suppress(SparkQError), sq.db.write() as tx:
            tx.run(BACKUP_AGAIN, {"at": sq.clock.now() - DAY + HOUR})
        raise


def _made(sq: SparkQ) -> Path:
    """Make the backup, and remove those that are too many."""
    earlier = copies.automatic(sq.config)
    number = copies.number_of(earlier[-1]) + 1 if earlier else 1
    folder = copies.backups(sq.config)
    try:
        target = copies.made(folder) / copies.automatic_name(sq.config, number, sq.clock.now())
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}.", "Check the folder's permissions.") from error
    copying.copy(sq.db.connection(), target)
    too_many = max(0, len(earlier) + 1 - sq.config.settings.backup.keep)
    for file in earlier[: min(too_many, MOST_REMOVED)]:
        with suppress(OSError):
            file.unlink()
    return target
