"""Copies a database file that was removed or replaced, from a connection that still has it open."""

from contextlib import suppress
from pathlib import Path

import apsw

from sparkq_core.clock import Clock
from sparkq_core.config import copies
from sparkq_core.config.settings import Config
from sparkq_core.errors import NotEmpty
from sparkq_core.storage import copying

LAST_CHANGE = "SELECT id, at FROM events WHERE id = (SELECT max(id) FROM events)"
TORN_DOWN = "SELECT removed_at FROM project WHERE removed_at IS NOT NULL"


def rescue(config: Config, connection: apsw.Connection, identity: tuple[int, int], clock: Clock) -> Path | None:
    """Copy the lost file that `connection` has open to the rescue copies, and return the copy.

    Several processes make one copy of the same state of the same file. None if `sparkq teardown` removed the file, or the
    whole project is gone. Raises StorageError, OSError, and the errors of SQLite.
    """
    if not config.root.is_dir() or connection.execute(TORN_DOWN).fetchall():
        return None
    folder = copies.rescue(config)
    key = state_key(connection, identity)
    made = next(folder.glob(f"*-{key}*.db"), None) if folder.is_dir() else None
    if made is not None:
        return made
    target = copies.made(folder) / copies.rescue_name(config, key, clock.now())
    with suppress(NotEmpty):
        copying.copy(connection, target)
    return target


def state_key(connection: apsw.Connection, identity: tuple[int, int]) -> str:
    """Return 8 digits that differ for every file and every state of it: inode numbers are used again."""
    from hashlib import sha256

    changes = connection.execute(LAST_CHANGE).fetchall()
    return sha256(repr((identity, changes)).encode()).hexdigest()[:8]
