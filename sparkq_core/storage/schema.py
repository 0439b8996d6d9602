"""Creates the database file and brings older ones to today's schema, one numbered migration after another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from sparkq_core.clock import Clock
from sparkq_core.config.location import check_disk
from sparkq_core.errors import StorageError
from sparkq_core.lock import holding
from sparkq_core.storage.database import APPLICATION_ID
from sparkq_core.storage.errors import translated

FOLDER = Path(__file__).parent / "migrations"


def migrations() -> list[Path]:
    """The migration files in their order: `0001_initial.sql` leads to schema 1."""
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


VERSION = len(migrations())
"""The schema of this release: the number of the last migration."""


def migrate(connection: apsw.Connection) -> None:
    """Apply the migrations that the database lacks, in one transaction: another process sees none or all of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        present = connection.pragma("user_version")
        for number, file in enumerate(migrations(), 1):
            if number > present:
                connection.execute(file.read_text(encoding="utf-8"))
        connection.pragma("user_version", max(present, VERSION))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def create(path: Path, name: str, clock: Clock) -> bool:
    """Make the project's database file, or leave the one that is there: False.

    The file appears whole or not at all: it is built beside its place under a lock and moved there. Its folder is
    for the owner only. Raises StorageError, also for a network file system.
    """
    check_disk(path.parent)
    with _storage(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with holding(path.with_name(f"{path.name}.setup.lock")):
            if path.exists():
                return False
            building = path.with_name(f"{path.name}.new")
            _remove(building)
            _build(building, name, clock)
            _set_aside(path)
            os.replace(building, path)
            _sync_folder(path.parent)
    return True


def _build(path: Path, name: str, clock: Clock) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("journal_mode", "wal")
        migrate(connection)
        connection.execute(
            "INSERT INTO project (id, name, created_at) VALUES (1, :name, :now)", {"name": name, "now": clock.now()}
        )
    finally:
        connection.close()


def _set_aside(path: Path) -> None:
    """A write-ahead log whose database is gone: SQLite would replay it into the new one. Its bytes are kept."""
    for side in ("-wal", "-journal"):
        left = path.with_name(f"{path.name}{side}")
        if left.exists():
            number = 1
            while (kept := path.with_name(f"{path.name}{side}.orphan{number}")).exists():
                number += 1
            os.replace(left, kept)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)


def _remove(building: Path) -> None:
    """What a setup that was killed left behind; the lock says that no other is at work."""
    for leftover in (building, building.with_name(f"{building.name}-wal"), building.with_name(f"{building.name}-shm")):
        leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise translated(error, path) from error
    except OSError as error:
        raise StorageError(
            f"{path} cannot be created: {error.strerror}.", "Choose another database.path or mend the folder."
        ) from error
