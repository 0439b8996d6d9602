"""Locks that the operating system holds: gone with the process that had them, however it ended."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkq_core.errors import StorageError

TRIES, PAUSE = 25, 0.01
"""Seconds between tries. Under load somebody who looks may lose the processor just while looking, several times."""


def acquire(path: Path, *, wait: bool) -> int | None:
    """The open handle of a lock on file `path` (mode 0600, never through a symlink), or None if another has it.

    Its folder is made where it is missing, for the owner only. Close the handle to give the lock back. The file stays:
    removing it would let two processes hold two files. Raises StorageError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be locked: {error.strerror}.",
            "A lock is a file of its own, in a folder that is yours (queue_runner.lock_dir).",
        ) from error
    try:
        got = _taken(handle, wait)
    except BaseException:
        os.close(handle)
        raise
    if got:
        return handle
    os.close(handle)
    return None


def _taken(handle: int, wait: bool) -> bool:
    """Whether the lock could be had. Somebody who only looks (`is_held`) has it for microseconds: outlast that."""
    if wait:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return True
    for _ in range(TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)
        else:
            return True
    return False


def is_held(path: Path) -> bool:
    """Whether some process has the lock on file `path` now."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that look do not see each other
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def folder(path: Path) -> Iterator[None]:
    """Hold a folder itself for the block, where no lock file should be left behind. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Wait for the lock on file `path` and hold it for the block."""
    handle = acquire(path, wait=True)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
