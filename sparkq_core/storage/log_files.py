"""Notices that the log of a database was removed while processes use it: a second log of one file would lose one of the two.

`rm -rf` and `git clean` remove a folder's files one after another, and people remove files that they do not know. A process
that opens the database then would begin a log of its own, which no other process sees.
"""

import os
from pathlib import Path

from sparkq_core.clock import Clock
from sparkq_core.errors import LogRemoved
from sparkq_core.storage import header, patience
from sparkq_core.storage.lost import NO_FILE, Identity

SECONDS = 0.5
"""How long a process may be between its lock on the database and the files of its log, when it opens or closes it."""

Log = tuple[Identity, Identity]
"""The write-ahead log and its index in shared memory."""


def found(path: Path, identity: Identity, clock: Clock) -> Log:
    """Return the files of the log of a database with this `identity`, before it is opened. Raises LogRemoved, and
    Locked if a process has the database for itself."""
    started = None
    while NO_FILE in (log := _files(path)) and (used := header.locks(identity)):
        started = clock.monotonic() if started is None else started
        owner = header.owner(used)  # a process that has the file for itself needs no index of the log
        if clock.monotonic() - started >= (
            SECONDS if owner is None else min(patience.OPEN_SECONDS, patience.seconds())
        ):
            raise removed(path) if owner is None else header.kept(path, owner)
        clock.pause()
    return log


def removed(path: Path) -> LogRemoved:
    """Return the error for a log that was removed."""
    return LogRemoved(
        f"Other processes use {path}, but its log was removed.",
        "End the chats and the server of this project: the last one writes everything into the database. "
        "If the database is gone too: sparkq restore",
    )


def is_same(path: Path, log: Log) -> bool:
    """True if a connection that was just opened uses the `log` that was there before, or made one where there was none."""
    return NO_FILE in log or _files(path) == log


def _files(path: Path) -> Log:
    return _identity(f"{path}-wal"), _identity(f"{path}-shm")


def _identity(name: str) -> Identity:
    try:
        about = os.stat(name)
    except OSError:
        return NO_FILE
    return about.st_dev, about.st_ino
