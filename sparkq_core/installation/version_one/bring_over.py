"""Puts a project of this version in the place of one of SparkQ 1, whose files are renamed, never deleted.

The new database is complete before the old one is renamed, and the settings are replaced last: after a crash in between,
the project is still one of SparkQ 1, and bringing it over goes on where it ended.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from sparkq_core import durable, lock
from sparkq_core.clock import Clock
from sparkq_core.config import loading as configuration
from sparkq_core.config import location, ownership, reading, version_one, writing
from sparkq_core.config.settings import Settings
from sparkq_core.errors import NotEmpty, StorageError, VersionOne
from sparkq_core.installation import importer, setup
from sparkq_core.installation.version_one.old_settings import Converted, convert
from sparkq_core.installation.version_one.old_tasks import NEEDED, Figures, OldTasks, check_columns
from sparkq_core.storage import schema
from sparkq_core.storage.database import APPLICATION_ID, Database
from sparkq_core.storage.errors import translated
from sparkq_core.storage.version_one import columns, is_database

SERVER_LOCK = "sparkq.lock"
"""The file, beside sparkq.yml, in which the server of SparkQ 1 kept its process id."""

GOES_ON = "The queues and tasks had been brought over before: only the settings were left to do."
BUSY_MS = 2000
ORDERED = {
    "sessions": "SELECT * FROM sessions ORDER BY rowid",
    "queues": "SELECT * FROM queues ORDER BY rowid",
    "tasks": "SELECT * FROM tasks ORDER BY created_at, rowid",
    "config": "SELECT * FROM config",
    "tools": "SELECT * FROM tools",
    "task_classes": "SELECT * FROM task_classes",
}
"""How the tables of the old database are read: SparkQ 1 handed out tasks by their time of creation."""


class Found(NamedTuple):
    """A project of SparkQ 1. `file` is its settings file, `old` its database, as far as they are there.

    `database` is the place of the database of this version, mostly that of the old one.
    """

    root: Path
    file: Path | None
    old: Path | None
    database: Path

    @property
    def kept_file(self) -> Path | None:
        """Where the old settings are kept."""
        return None if self.file is None else self.file.with_name(f"{self.file.stem}.v1{self.file.suffix}")

    @property
    def kept_database(self) -> Path:
        """Where the old database is kept."""
        return _kept(self.database)

    def refusal(self) -> VersionOne:
        """Return the error for every command but the one that brings the project over."""
        files = [str(file) for file in (self.file, self.old) if file is not None]
        return VersionOne(
            f"This is a project of SparkQ 1: {' and '.join(files)}.", f"{version_one.WAY}. {version_one.KEEPS}"
        )


class Brought(NamedTuple):
    """What was brought over; `kept` are the old files under their new names."""

    figures: Figures
    settings: Converted
    kept: tuple[Path, ...]


def find(start: Path, env: Mapping[str, str]) -> Found | None:
    """Return the project of SparkQ 1 around folder `start`, None if there is none. Changes nothing.

    Raises InvalidConfig for a settings file that cannot be read, OtherOwner, NoProject.
    """
    at = location.find(start, env)
    given = reading.read_file(at.file) if at.file is not None else {}
    old_file = at.file if version_one.is_settings(given) else None
    named = given.get("database.path", (location.DATABASE, ""))[0]
    database = at.root / Path(str(named)).expanduser()
    old = next((file for file in (database, _kept(database)) if _is_old(file)), None)
    if old_file is None and old != database:
        return None
    ownership.check([at.root, *([old] if old is not None else [])], env)
    return Found(at.root, old_file, old, database)


def _kept(database: Path) -> Path:
    return database.with_name(f"{database.stem}1{database.suffix}")


def _is_old(file: Path) -> bool:
    """True if the file is a database of SparkQ 1."""
    if not file.is_file() or file.stat().st_size == 0:
        return False
    try:
        with closing(apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            connection.set_busy_timeout(BUSY_MS)
            return connection.pragma("application_id") != APPLICATION_ID and is_database(connection)
    except apsw.Error:
        return False


def nothing_found(start: Path, env: Mapping[str, str]) -> VersionOne:
    """Return the error for bringing over what is not there, or was brought over before."""
    at = location.find(start, env)
    kept = _kept(at.root / location.DATABASE)
    if kept.is_file():
        return VersionOne(
            f"There is nothing to bring over: the old database is already in {kept}.",
            "See what came over: sparkq tasks",
        )
    return VersionOne(f"There is no project of SparkQ 1 in {at.root}.", "Set up a new project: sparkq setup")


def bring_over(found: Found, clock: Clock) -> Brought:
    """Make a project of this version from one of SparkQ 1: all of it, or nothing.

    Raises VersionOne while SparkQ 1 runs, NotEmpty where the old files would be kept, InvalidValue for a database that
    lacks what is needed, StorageError.
    """
    _check_server(found)
    file = found.file or found.root / location.FILE
    try:
        with writing.alone(file), lock.holding(found.database.with_name(f"{found.database.name}.setup.lock")):
            _check_free(found)
            with _opened(found) as old:
                given = reading.read_file(found.file) if found.file is not None else {}
                converted = convert(given, _stored(old))
                if old is None and found.old is not None:
                    converted = converted._replace(notes=(GOES_ON, *converted.notes))
                values = setup.defaults(found.root) | converted.values
                text = setup.render(values)
                settings = configuration.build(_new_settings(found, file, values))
                with durable.building(found.database) as built:
                    figures = _fill(old, built, settings, clock)
                    if old is not None:
                        old.pragma("wal_checkpoint", "TRUNCATE")
                        old.close()
                        _set_aside(found)
                    if old is not None or not found.database.exists():
                        durable.put(built, found.database)
            kept = _replace_settings(found, file, text)
    except apsw.Error as error:
        raise translated(error, found.old or found.database) from error
    except OSError as error:
        raise StorageError(f"The project cannot be changed: {error}.", "Check the folder's permissions.") from error
    return Brought(figures, converted, tuple(each for each in (kept, found.old and found.kept_database) if each))


def _new_settings(found: Found, file: Path, values: Mapping[str, Any]) -> reading.Given:
    """Return the settings that the project will have: the converted ones, unless it has a file of this version."""
    if found.file is None and file.exists():
        return reading.read_file(file)
    return {key: (value, file.name) for key, value in values.items()}


def _check_server(found: Found) -> None:
    """Refuse a project whose old server runs. Raises VersionOne."""
    file = found.root / SERVER_LOCK
    try:
        process = int(file.read_text()[:20])
        if process < 1:
            return
        os.kill(process, 0)
    except PermissionError:
        pass
    except (OSError, ValueError, OverflowError):
        return
    raise VersionOne(
        f"SparkQ 1 is running: {file} names its process {process}.",
        f"Stop it, then try again: kill {process}. If that process is another program, remove {file}.",
    )


def _check_free(found: Found) -> None:
    """Refuse names that are taken. Raises NotEmpty."""
    kept = found.kept_file
    if kept is not None and kept.exists() and kept.read_bytes() != (found.file or kept).read_bytes():
        raise NotEmpty(f"{kept} exists already.", "Move it away: the old settings are kept under this name.")
    taken = [Path(f"{found.kept_database}{side}") for side in ("", "-wal")]
    if found.old == found.database and any(os.path.lexists(each) for each in taken):
        raise NotEmpty(
            f"{found.kept_database} exists already.", "Move it away: the old database is kept under this name."
        )


@contextmanager
def _opened(found: Found) -> Iterator[apsw.Connection | None]:
    """Open the old database for this process alone, or yield None if there is none to read. Raises VersionOne."""
    if found.old is None or (found.old != found.database and found.database.exists()):
        yield None
        return
    with closing(apsw.Connection(str(found.old), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("locking_mode", "exclusive")
        try:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")  # the lock stays until the connection is closed
        except apsw.BusyError as error:
            raise VersionOne(
                f"Another process uses {found.old}.", "Stop SparkQ 1 and its runners, then try again."
            ) from error
        check_columns({table: columns(connection, table) for table in NEEDED})
        yield connection


def _rows(old: apsw.Connection, table: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of an old table, each by its columns; none if there is no such table."""
    if not columns(old, table):
        return
    cursor = old.cursor()
    names: list[str] = []
    for row in cursor.execute(ORDERED[table]):
        names = names or [column[0] for column in cursor.get_description()]
        yield dict(zip(names, row, strict=True))


def _stored(old: apsw.Connection | None) -> dict[str, tuple[dict[str, Any], ...]]:
    """Return the settings that are stored in the old database."""
    return {table: tuple(_rows(old, table)) if old is not None else () for table in ("config", "tools", "task_classes")}


def _fill(old: apsw.Connection | None, built: Path, settings: Settings, clock: Clock) -> Figures:
    """Make the new database in the file `built`, with all that is brought over."""
    name = settings.project.name or "project"
    schema.build(built, name, clock)
    if old is None:
        return Figures()
    tasks = OldTasks(settings, name, clock.now())
    db = Database(built, clock, schema.VERSION, schema.migrate)
    try:
        importer.read_into(db, tasks.lines(_rows(old, "sessions"), _rows(old, "queues"), _rows(old, "tasks")))
    finally:
        db.close()
    return tasks.figures


def _set_aside(found: Found) -> None:
    """Rename the old database, with the logs that another process may have begun meanwhile."""
    if found.old != found.database:
        return
    for side in ("", "-wal", "-journal"):
        file = found.database.with_name(f"{found.database.name}{side}")
        if file.exists():
            os.replace(file, found.kept_database.with_name(f"{found.kept_database.name}{side}"))
    found.database.with_name(f"{found.database.name}-shm").unlink(missing_ok=True)


def _replace_settings(found: Found, file: Path, text: str) -> Path | None:
    """Keep the old settings file under another name, and write the new one."""
    kept = found.kept_file
    if found.file is None and file.exists():
        return None
    if kept is not None and not kept.exists():
        with durable.building(kept, 0o666) as built:
            built.write_bytes((found.file or file).read_bytes())
            durable.publish(built, kept)
    writing.replace(file, text)
    return kept
