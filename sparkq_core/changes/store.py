"""The store of what attempts changed: Git objects beside the database, in a folder for its owner only.

The repository has most of the objects; the store has only what was not committed at the time.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sparkq_core.changes.git import Deadline
from sparkq_core.clock import token
from sparkq_core.config.settings import Config
from sparkq_core.files import lock

MB = 1_000_000
FOLDER = "changes"
_FOLDER = re.compile("[0-9a-f]{2}|info|pack")
LOCK = "lock"
TEMPORARY = "tmp-"
PAUSE_SECONDS = 0.02
MAX_BYTES = 200_000_000
"""The store is pruned to less than this, in bytes of the disk."""


def path(config: Config) -> Path:
    """Return the folder of the store."""
    return config.database.parent / FOLDER


@contextmanager
def working(store: Path, deadline: Deadline) -> Iterator[Path | None]:
    """Lock the store, and yield a temporary folder in it. None if others held the lock until the deadline.

    What a killed process left is removed first. Raises StorageError, OSError.
    """
    handle = _acquire(store, deadline)
    if handle is None:
        yield None
        return
    try:
        _sweep(store)
        temporary = store / f"{TEMPORARY}{os.getpid()}-{token(4)}"
        temporary.mkdir(mode=0o700)
        try:
            yield temporary
        except BaseException:
            _remove_halves(store)  # on a full disk they may be all that is missing to others
            raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    finally:
        os.close(handle)


def _acquire(store: Path, deadline: Deadline) -> int | None:
    store.mkdir(exist_ok=True, mode=0o700)  # beside the database: where that is gone, so is the project
    while (handle := lock.acquire(store / LOCK, wait=False, makes_folder=False)) is None:
        if not deadline.left:
            return None
        time.sleep(PAUSE_SECONDS)
    return handle


def _sweep(store: Path) -> None:
    """Remove the temporary folders of killed processes, and their unfinished objects. The lock must be held."""
    left = [entry.path for entry in os.scandir(store) if entry.name.startswith(TEMPORARY)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    if left:
        _remove_halves(store)


def _remove_halves(store: Path) -> None:
    for name, file, _ in objects(store):
        if not name:
            file.unlink(missing_ok=True)


def is_pure(store: Path) -> bool:
    """True if the store has nothing but what Git and SparkQ put there."""
    names = [entry.name for entry in os.scandir(store)]
    return all(name == LOCK or name.startswith(TEMPORARY) or _FOLDER.fullmatch(name) for name in names)


def objects(store: Path, beginning: str = "") -> Iterator[tuple[str, Path, int]]:
    """Yield the id of each object, its file, and how many bytes of the disk it takes: of all, or of those whose id has
    this `beginning`, one character. What a killed Git left has the id ''."""
    with suppress(FileNotFoundError):
        for folder in os.scandir(store):
            if len(folder.name) == 2 and folder.name.startswith(beginning) and folder.is_dir(follow_symlinks=False):
                for entry in os.scandir(folder.path):
                    size = entry.stat(follow_symlinks=False).st_blocks * 512
                    name = "" if entry.name.startswith("tmp_obj_") else folder.name + entry.name
                    yield name, Path(entry.path), size


def is_half_full(store: Path) -> bool:
    """True if the store takes more than half of its limit. Most stores are judged by one sixteenth of their folders."""
    sampled = sum(taken for _, _, taken in objects(store, "0"))
    return 16 * sampled > MAX_BYTES // 2 and size(store) > MAX_BYTES // 2


def share(taken: int) -> str:
    """Format how much of its limit a store of `taken` bytes uses: `2.7 MB of 200 MB`, `less than 0.1 MB of 200 MB`."""
    some = f"{taken / MB:,.1f}" if taken >= MB / 20 else "less than 0.1"
    return f"{some} MB of {MAX_BYTES // MB} MB"


def size(store: Path) -> int:
    """Return how many bytes of the disk the store takes."""
    return sum(taken for _, _, taken in objects(store))
