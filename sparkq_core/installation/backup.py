"""Copies the database while other processes write to it."""

from pathlib import Path

from sparkq_core.config import copies
from sparkq_core.errors import StorageError
from sparkq_core.project import SparkQ
from sparkq_core.storage import copying


def copy(sq: SparkQ, target: Path) -> int:
    """Copy the database to `target` (mode 0600) while other processes continue, and return the bytes of the copy.

    The copy has the state of one moment. It gets its name only after it is complete, checked and on the disk. Raises NotEmpty
    if `target` exists, StorageError.
    """
    return copying.copy(sq.db.connection(), target)


def default_target(sq: SparkQ) -> Path:
    """Return the file of a backup without a name, in the folder of the backups, which is created. Raises StorageError."""
    folder = copies.backups(sq.config)
    try:
        return copies.made(folder) / copies.backup_name(sq.config, sq.clock.now())
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be made: {error.strerror}.", "Name another file: sparkq backup FILE"
        ) from error
