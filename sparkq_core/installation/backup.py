"""Copies the database while other processes write to it, and checks the copy."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import apsw

from sparkq_core.errors import Corrupt, NotEmpty, StorageError
from sparkq_core.project import SparkQ
from sparkq_core.storage.errors import MORE, translated

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""The errors of file systems without hard links (FAT, some network and phone storage)."""


def copy(sq: SparkQ, target: Path) -> int:
    """Copy the database to `target` (mode 0600) while other processes continue, and return the bytes of the copy.

    The copy has the state of one moment. It gets its name only after it is complete and checked. Raises NotEmpty if `target`
    exists, StorageError.
    """
    building = target.with_name(f".{target.name}.new")
    taken = NotEmpty(f"{target} exists already.", "Choose another name: a backup never overwrites anything.")
    try:
        if target.exists():
            raise taken
        building.unlink(missing_ok=True)
        os.close(os.open(building, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(sq, building)
        _name(building, target)
    except FileExistsError as error:
        raise taken from error
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}.", "Choose another folder.") from error
    finally:
        with suppress(OSError):
            building.unlink(missing_ok=True)
    return target.stat().st_size


def _name(building: Path, target: Path) -> None:
    """Give the finished copy its name, which must be free. Raises OSError, FileExistsError among them."""
    try:
        os.link(building, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # so that the name is ours to replace
        try:
            os.replace(building, target)
        except OSError:
            target.unlink()
            raise


def _copy(sq: SparkQ, target: Path) -> None:
    try:
        connection = apsw.Connection(str(target))
        try:
            with connection.backup("main", sq.db.connection(), "main") as running:
                running.step(-1)  # in one step: between two steps, a write of another process would start it again
            if connection.pragma("quick_check") != "ok":
                raise Corrupt(f"The copy of {sq.db.path} is damaged.", MORE)
        finally:
            connection.close()
    except apsw.Error as error:
        raise translated(error, target) from error
