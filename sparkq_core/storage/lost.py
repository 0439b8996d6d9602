"""A database file that was removed or replaced while it was open: it is copied, and the refusal says where the copy is."""

import threading
from collections.abc import Callable
from pathlib import Path

import apsw

from sparkq_core.errors import Moved, Replaced, SparkQError, StorageError
from sparkq_core.storage.errors import STORAGE

Identity = tuple[int, int]
"""The device and the inode of a file."""

NO_FILE: Identity = (0, 0)
"""The identity of a file that does not exist."""

Rescue = Callable[[apsw.Connection, Identity], Path | None]
"""Copies a lost file, from a connection that has it open, and returns the copy."""


class Lost:
    """The copies of the lost files of one database. `root` is the folder of its project."""

    def __init__(self, path: Path, root: Path | None, rescue: Rescue | None) -> None:
        self._path = path
        self._root = root
        self._rescue = rescue
        self._copies: dict[Identity, Path] = {}
        self._failures: dict[Identity, str] = {}
        self._guard = threading.Lock()

    def copy(self, connection: apsw.Connection, identity: Identity, *, again: bool = False) -> Path | None:
        """Copy the file with this `identity` once, or `again`, and return the copy. None if it cannot be copied now."""
        if self._rescue is None:
            return None
        with self._guard:
            if again or identity not in self._copies:
                try:
                    copy = self._rescue(connection, identity)
                except (SparkQError, OSError, *STORAGE) as error:  # the next call tries again
                    self._failures[identity] = str(error)
                else:
                    self._failures.pop(identity, None)
                    if copy is not None:
                        self._copies[identity] = copy
            return self._copies.get(identity)

    def check(self) -> None:
        """Raise StorageError if a lost file could not be copied: as long as this process has it open, it is not lost."""
        with self._guard:
            for reason in self._failures.values():
                raise StorageError(
                    f"{self._path} was removed or replaced, and what it had cannot be copied: {reason}",
                    "Correct that, for example with more disk space, and call again. Until then do not end this process: "
                    "it has the only copy.",
                )

    def refusal(self, copy: Path | None, *, is_replaced: bool) -> Replaced:
        """Return the error for a file that was removed, or that another one `is_replaced` by."""
        if self._root is not None and not self._root.is_dir():
            return Moved(
                f"The folder {self._root} was moved or removed.",
                "If it was moved, the database is in it: start this process again in the folder where it is now.",
            )
        kept = f" What it had is in {copy}." if copy is not None else ""
        if not is_replaced:
            return Replaced(
                f"{self._path} was removed while it was open.{kept}",
                "Put it back: sparkq restore. This process then goes on with it.",
            )
        return Replaced(
            f"{self._path} was replaced while it was open.{kept}",
            "Call again, or restart this process. What it acknowledged before is in the file that was there.",
        )
