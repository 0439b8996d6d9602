"""Locks that the operating system holds: gone with the process that had them, however it ended."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def acquire(path: Path, *, wait: bool) -> int | None:
    """The open handle of a lock on file `path` (mode 0600, never through a symlink), or None if another has it.

    Close the handle to give the lock back. The file stays: removing it would let two processes hold two files.
    Raises OSError.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except BaseException:
        os.close(handle)
        raise
    return handle


def is_held(path: Path) -> bool:
    """Whether some process has the lock on file `path` now."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for the lock on file `path` and hold it for the block."""
    handle = acquire(path, wait=True)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
