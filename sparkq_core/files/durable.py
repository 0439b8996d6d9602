"""Writes files that appear whole or not at all, and are on the disk when the call returns."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sparkq_core.clock import token

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""The errors of file systems without hard links (FAT, some network and phone storage)."""

UNFINISHED = re.compile(r"\.sparkq-(\d+)-[0-9a-f]{8}\.new(-wal|-shm|-journal)?")
"""The name of a file that is being written, with the id of its process."""


@contextmanager
def building(target: Path, mode: int = 0o600) -> Iterator[Path]:
    """Create an empty file beside `target` for the block to write, and remove it at the end of the block.

    `publish` or `put` gives it its name before. Files that killed processes left in the folder are removed too.
    Raises OSError.
    """
    _remove_abandoned(target.parent)
    path = target.with_name(f".sparkq-{os.getpid()}-{token(4)}.new")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, mode))
    try:
        yield path
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def publish(built: Path, target: Path) -> None:
    """Name a finished file `target`, which must be free. Raises OSError, FileExistsError among them."""
    sync(built)
    try:
        os.link(built, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # so that the name is ours to replace
        try:
            os.replace(built, target)
        except BaseException:
            target.unlink()
            raise
    sync_folder(target.parent)


def put(built: Path, target: Path) -> None:
    """Put a finished file in the place of `target`, whether there is one or not. Raises OSError."""
    sync(built)
    os.replace(built, target)
    sync_folder(target.parent)


def sync(file: Path) -> None:
    """Return when the content of `file` is on the disk. Raises OSError."""
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Return when the names in `folder` are on the disk, where the file system can do that. Raises OSError."""
    try:
        sync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, *NO_LINKS):
            raise


def _remove_abandoned(folder: Path) -> None:
    """Remove the unfinished files of processes that have ended."""
    with suppress(OSError):
        for file in folder.iterdir():
            match = UNFINISHED.fullmatch(file.name)
            if match and not _is_alive(int(match[1])):
                file.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
