"""SQLite's refusals in SparkQ's words, each with the next step."""

from pathlib import Path

import apsw

from sparkq_core.errors import Busy, Corrupt, DiskFull, InvalidText, ReadOnly, SparkQError, StorageError

MORE = "`sparkq doctor` tells more."

RESTORE = "Stop what uses it, move the database and the `-wal` and `-shm` files beside it away, and put a backup in its place."
"""How a backup comes back. SQLite would replay a log that was left beside it, and undo the restore or damage it."""

WAIT_SECONDS = 10.0
"""How long a statement waits for other processes' transactions."""

STORAGE = (apsw.Error, UnicodeEncodeError, UnicodeDecodeError)
"""What a statement may raise."""


def translated(error: apsw.Error | UnicodeError, path: Path) -> SparkQError:
    """SQLite's refusal, or that of a text on its way to or from it, as one of ours."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidText("A value has a lone surrogate.", "Send the whole character: it is not valid Unicode text.")
    if isinstance(error, UnicodeError):  # no text that SparkQ wrote
        return Corrupt(f"{path} is damaged: a text is not UTF-8.", MORE)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return Busy(
            f"Other processes kept {path.name} locked for {WAIT_SECONDS:.0f} s.",
            "Try again; if it stays so, end the process that writes for so long.",
        )
    if isinstance(error, apsw.FullError):
        return DiskFull(f"The disk with {path} is full; nothing was changed.", "Free some space and try again.")
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError | apsw.AuthError):
        return ReadOnly(f"{path} cannot be written.", "Check the permissions of the file and of its folder.")
    if isinstance(error, apsw.CantOpenError):
        return StorageError(f"{path} cannot be opened.", "Check that the folder exists and can be written.")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return Corrupt(
            f"{path} is damaged or no database: {error}.",
            f"It was left as it is. {MORE} {RESTORE}",
        )
    if isinstance(error, apsw.IOError):
        return StorageError(
            f"The disk refused to read or write {path}: {error}.", "Check the disk; nothing was acknowledged."
        )
    return StorageError(f"SQLite refused: {error}.", "This is a defect of SparkQ: please report it with the log.")
