"""The lock of a project's server, whose file describes the server, and what a server does when its files are removed."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkq_core.files import lock
from sparkq_http.project import ReloadableProject

FILE = "server.lock"
log = logging.getLogger("sparkq.http")


class ServerLock:
    """The lock that is held as long as the server runs. `sparkq status` and `sparkq stop` find the server by its file."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self._description: Mapping[str, Any] | None = None
        os.ftruncate(handle, 0)  # a killed server left its content, whose pid may belong to another process now

    @classmethod
    def acquire(cls, run_dir: Path) -> "ServerLock | None":
        """Take the lock. Returns None if another server of the project holds it. Raises StorageError."""
        handle = lock.acquire(run_dir / FILE, wait=False)
        return None if handle is None else cls(run_dir / FILE, handle)

    def describe(self, description: Mapping[str, Any]) -> None:
        """Write what others read about the server."""
        self._description = description
        os.pwrite(self._handle, json.dumps(description).encode(), 0)

    def is_lost(self) -> bool:
        """True if the file was removed or replaced: nobody finds the server by it any more."""
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._handle))
        except OSError:
            return True

    def is_removed(self) -> bool:
        """True if the file is deleted, not merely moved."""
        return os.fstat(self._handle).st_nlink == 0

    def take_again(self) -> bool:
        """Take the lock on a new file. Returns False if another server has it. Raises StorageError."""
        handle = lock.acquire(self._path, wait=False)
        if handle is None:
            return False
        os.close(self._handle)
        self._handle = handle
        os.ftruncate(handle, 0)
        if self._description is not None:
            self.describe(self._description)
        return True

    def release(self) -> None:
        """Empty the file. The lock goes with the process."""
        os.ftruncate(self._handle, 0)


def is_abandoned(held: ServerLock, project: ReloadableProject) -> bool:
    """True if the server has to end: its project was deleted, or another server of the project runs.

    A lock that was removed, as `git clean -fdx` does, is taken again, so that the server is found and can be stopped. If the
    database went too, a copy of it is made, and the server waits for `sparkq restore`. In a folder that was moved it waits
    for the folder to come back. Raises StorageError.
    """
    if not held.is_lost():
        return False
    if not project.root.is_dir():
        return held.is_removed()
    if not held.take_again():
        log.warning("another server of the project runs now")
        return True
    log.warning("the lock of the server was removed: it is taken again")
    if project.is_removed():
        log.warning("the database was removed: what it had is in %s (sparkq restore)", project.rescue())
    project.hide_from_git()
    return False
