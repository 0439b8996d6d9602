"""A database file that was removed or replaced while it was open: it is copied, and the refusal says where the copy is."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw

from sparkq_core.errors import Moved, Replaced, SparkQError
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
        self._guard = threading.Lock()

    def copy(self, connection: apsw.Connection, identity: Identity, *, again: bool = False) -> Path | None:
        """Copy the file with this `identity` once, or `again`, and return the copy. None if it cannot be copied now."""
        if self._rescue is None:
            return None
        with self._guard:
            if again or identity not in self._copies:
                with suppress(SparkQError, OSError, *STORAGE):  # the next call tries again
                    copy = self._rescue(connection, identity)
                    if copy is not None:
                        self._copies[identity] = copy
            return self._copies.get(identity)

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
