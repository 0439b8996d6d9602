"""Locks of the operating system: it releases them when their process ends, even if that was killed."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkq_core.errors import StorageError

TRIES, PAUSE = 25, 0.01
"""The number of tries, and the seconds between them. Under load, `is_held` in another process may hold it that long."""


def acquire(path: Path, *, wait: bool, makes_folder: bool = True) -> int | None:
    """Lock the file `path` (mode 0600, never through a symlink); return its open handle, or None if another holds it.

    A missing folder is created for the owner only, if `makes_folder` is True. Close the handle to release the lock. The
    file stays: if it was removed, two processes could lock two different files. Raises StorageError.
    """
    try:
        if makes_folder:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be locked: {error.strerror}.",
            "It needs its own file in a folder that belongs to you. queue_runner.lock_dir moves the locks of runners and "
            "of the server.",
        ) from error
    try:
        acquired = _try_lock(handle, wait)
    except BaseException:
        os.close(handle)
        raise
    if acquired:
        return handle
    os.close(handle)
    return None


def _try_lock(handle: int, wait: bool) -> bool:
    """Return True if the lock was acquired. `is_held` holds it for microseconds, so several tries are needed."""
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


def sign(handle: int, note: str = "") -> None:
    """Write into the file of a lock what its holder notes for the next one, a line, and below it which process that is."""
    text = f"{note}\n{os.getpid()}\n".encode()
    os.pwrite(handle, text, 0)
    os.ftruncate(handle, len(text))


def noted(handle: int) -> str:
    """Return what the last holder of a lock noted."""
    return os.pread(handle, 200, 0).decode(errors="replace").partition("\n")[0]


def holder(path: Path) -> int | None:
    """Return the process that signed the lock of the file `path`, if one did."""
    try:
        return int(path.read_bytes().split(b"\n")[1])
    except (OSError, ValueError, IndexError):
        return None


def is_held(path: Path) -> bool:
    """Return True if a process holds the lock on the file `path` now."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared, so that two callers do not see each other
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def released(path: Path) -> Iterator[bool]:
    """Yield True if the file is there and no process holds the lock on it; then none can acquire it during the block."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


@contextmanager
def folder(path: Path) -> Iterator[None]:
    """Lock a folder itself during the block, where a lock file must not be left behind. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Wait for the lock on the file `path`, and hold it during the block."""
    handle = acquire(path, wait=True)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
