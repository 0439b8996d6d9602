"""Creates the database file, and upgrades older ones to the current schema by numbered migrations."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from sparkq_core.clock import Clock
from sparkq_core.config.location import check_disk
from sparkq_core.errors import StorageError
from sparkq_core.files.durable import sync_folder
from sparkq_core.files.lock import holding
from sparkq_core.storage.errors import translated
from sparkq_core.storage.header import APPLICATION_ID
from sparkq_core.storage.space import INCREMENTAL

FOLDER = Path(__file__).parent / "migrations"


def migrations() -> list[Path]:
    """Return the migration files in their order. `0001_initial.sql` makes schema 1."""
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


VERSION = len(migrations())
"""The schema of this release: the number of the last migration."""


def migrate(connection: apsw.Connection) -> None:
    """Apply the missing migrations in one transaction, so that other processes see none or all of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated it while this one waited for the lock.
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
    """Create the project's database file. Returns False if there is one already, which is kept as it is.

    The file appears complete or not at all: it is built beside its path under a lock, then renamed. Only the owner can
    read its folder. Raises StorageError, also for a network file system.
    """
    check_disk(path.parent)
    with _storage(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with holding(path.with_name(f"{path.name}.setup.lock")):
            if path.exists():
                return False
            building = path.with_name(f"{path.name}.new")
            _remove(building)
            os.close(os.open(building, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            build(building, name, clock)
            set_aside_log(path)
            os.replace(building, path)
            sync_folder(path.parent)
    return True


def build(path: Path, name: str, clock: Clock) -> None:
    """Make the database of a new project in an empty file. Raises the errors of SQLite."""
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("auto_vacuum", INCREMENTAL)  # the first thing: a file with a page would not change
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("journal_mode", "wal")
        migrate(connection)
        connection.execute(
            "INSERT INTO project (id, name, created_at) VALUES (1, :name, :now)", {"name": name, "now": clock.now()}
        )
    finally:
        connection.close()


def set_aside_log(path: Path) -> None:
    """Rename a write-ahead log without a database, because SQLite would replay it into the new one."""
    for side in ("-wal", "-journal"):
        left = path.with_name(f"{path.name}{side}")
        if left.exists():
            number = 1
            while (kept := path.with_name(f"{path.name}{side}.orphan{number}")).exists():
                number += 1
            os.replace(left, kept)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)


def _remove(building: Path) -> None:
    """Remove the files of a setup that was killed. The caller has the lock, so no other setup is running."""
    for leftover in (building, building.with_name(f"{building.name}-wal"), building.with_name(f"{building.name}-shm")):
        leftover.unlink(missing_ok=True)


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise translated(error, path) from error
    except OSError as error:
        raise StorageError(
            f"{path} cannot be created: {error.strerror}.",
            "Choose another database.path, or correct the permissions of the folder.",
        ) from error
