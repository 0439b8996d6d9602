"""Translates the errors of SQLite to those of SparkQ, each with the next step."""

import os
from pathlib import Path

import apsw

from sparkq_core.errors import Busy, Corrupt, DiskFull, InvalidText, ReadOnly, SparkQError, StorageError
from sparkq_core.storage.patience import WAIT_SECONDS

MORE = "`sparkq doctor` shows more."

RESTORE = "Put a backup in its place: sparkq restore"
"""How to restore a backup. Never by hand: SQLite would replay an old log beside it, which undoes the restore."""

STORAGE = (apsw.Error, UnicodeEncodeError, UnicodeDecodeError)
"""The errors that a statement can raise."""

AGAIN = "Try again. If it stays locked, end the process that keeps the lock."


def translated(error: apsw.Error | UnicodeError, path: Path) -> SparkQError:
    """Return SparkQ's error for an error of SQLite, or of a text that is written to or read from it."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidText("A value contains a lone surrogate.", "Send valid Unicode text: the whole character.")
    if isinstance(error, UnicodeError):  # SparkQ writes only UTF-8
        return Corrupt(f"{path} is damaged: a text is not UTF-8.", MORE)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return Busy(
            f"Other processes kept {path.name} locked for {WAIT_SECONDS:.0f} s.",
            AGAIN,
        )
    if isinstance(error, apsw.FullError) or (isinstance(error, apsw.IOError) and _is_full(path)):
        return DiskFull(f"The disk with {path} is full; nothing was changed.", "Free some space and try again.")
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError | apsw.AuthError):
        return ReadOnly(f"{path} cannot be written.", "Check the permissions of the file and of its folder.")
    if isinstance(error, apsw.CantOpenError):
        return StorageError(f"{path} cannot be opened.", "Check that the folder exists and can be written.")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError) or _is_cut_off(error):
        return Corrupt(
            f"{path} is damaged or not a database: {error}.",
            f"It was left as it is. {MORE} {RESTORE}",
        )
    if isinstance(error, apsw.IOError):
        return StorageError(
            f"The disk refused to read or write {path}: {error}.", "Check the disk; nothing was acknowledged."
        )
    return StorageError(f"SQLite refused: {error}.", "This is a defect of SparkQ: please report it with the log.")


def _is_cut_off(error: apsw.Error) -> bool:
    """True if the file ends before a page of it does: SQLite says so only of the pages of a long text."""
    # An error that a file system raises itself has no code of SQLite's.
    return isinstance(error, apsw.IOError) and getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_SHORT_READ


def _is_full(path: Path) -> bool:
    """True if the disk has no room: SQLite reports that as an error of the disk where it creates a file."""
    try:
        return os.statvfs(path.parent).f_bavail == 0
    except OSError:
        return False
