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

from sparkq_core.clock import Clock
from sparkq_core.config import loading as configuration
from sparkq_core.config import location, reading, version_one, writing
from sparkq_core.config.settings import Settings
from sparkq_core.errors import NotEmpty, StorageError, VersionOne
from sparkq_core.files import durable, lock
from sparkq_core.installation import importer, setup
from sparkq_core.installation.version_one.found import BUSY_MS, Found, is_old
from sparkq_core.installation.version_one.old_settings import Converted, convert
from sparkq_core.installation.version_one.old_tasks import NEEDED, Figures, OldTasks, check_columns
from sparkq_core.storage import schema
from sparkq_core.storage.database import Database
from sparkq_core.storage.errors import translated
from sparkq_core.storage.version_one import columns

SERVER_LOCK = "sparkq.lock"
"""The file, beside sparkq.yml, in which the server of SparkQ 1 kept its process id."""

GOES_ON = "The queues and tasks had been brought over before: only the settings were left to do."
ORDERED = {
    "sessions": "SELECT * FROM sessions ORDER BY rowid",
    "queues": "SELECT * FROM queues ORDER BY rowid",
    "tasks": "SELECT * FROM tasks ORDER BY created_at, rowid",
    "config": "SELECT * FROM config",
    "tools": "SELECT * FROM tools",
    "task_classes": "SELECT * FROM task_classes",
}
"""How the tables of the old database are read: SparkQ 1 handed out tasks by their time of creation."""


class Brought(NamedTuple):
    """What was brought over; `kept` are the old files under their new names."""

    figures: Figures
    settings: Converted
    kept: tuple[Path, ...]


def bring_over(found: Found, clock: Clock) -> Brought:
    """Make a project of this version from one of SparkQ 1: all of it, or nothing.

    Raises VersionOne while SparkQ 1 runs, NotEmpty where the old files would be kept, InvalidValue for a database that
    lacks what is needed, StorageError.
    """
    _check_server(found)
    file = found.file or found.root / location.FILE
    try:
        with writing.alone(file), lock.holding(found.database.with_name(f"{found.database.name}.setup.lock")):
            _check_still_there(found)
            _check_free(found)
            with _opened(found) as old:
                converted = _settings(found, old)
                values = setup.defaults(found.root) | converted.values
                figures = _replace_database(found, old, _new_settings(found, file, values), clock)
            kept = _replace_settings(found, file, setup.render(values))
    except apsw.Error as error:
        raise translated(error, found.old or found.database) from error
    except OSError as error:
        raise StorageError(f"The project cannot be changed: {error}.", "Check the folder's permissions.") from error
    return Brought(figures, converted, tuple(each for each in (kept, found.old and found.kept_database) if each))


def _settings(found: Found, old: apsw.Connection | None) -> Converted:
    """Convert the old settings, with a note if the database was brought over before."""
    given = reading.read_file(found.file) if found.file is not None else {}
    converted = convert(given, _stored(old))
    if old is None and found.old is not None:
        return converted._replace(notes=(GOES_ON, *converted.notes))
    return converted


def _replace_database(found: Found, old: apsw.Connection | None, settings: Settings, clock: Clock) -> Figures:
    """Put a new database in the place of the old one, which is kept; keep one of this version that is there already."""
    if old is None and found.database.exists():
        return Figures()
    with durable.building(found.database) as built:
        figures = _fill(old, built, settings, clock)
        if old is not None:
            old.pragma("wal_checkpoint", "TRUNCATE")
            old.close()
            _set_aside(found)
        durable.put(built, found.database)
    return figures


def _new_settings(found: Found, file: Path, values: Mapping[str, Any]) -> Settings:
    """Return the settings that the project will have: the converted ones, unless it has a file of this version."""
    if found.file is None and file.exists():
        return configuration.build(reading.read_file(file))
    return configuration.build({key: (value, file.name) for key, value in values.items()})


def _check_server(found: Found) -> None:
    """Refuse a project whose old server runs. Raises VersionOne."""
    file = found.root / SERVER_LOCK
    try:
        process = int(file.read_text()[:20])
    except (OSError, ValueError):
        return
    if _is_alive(process):
        raise VersionOne(
            f"SparkQ 1 is running: {file} names its process {process}.",
            f"See what that is: ps -p {process}. Stop SparkQ 1, or if it is another program, move {file} away. "
            "Then try again.",
        )


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return process > 0


def _check_still_there(found: Found) -> None:
    """Refuse a project that another process has brought over while this one waited for the lock. Raises VersionOne."""
    has_file = found.file is None or version_one.is_settings(reading.read_file(found.file))
    if not has_file or (found.old is not None and not is_old(found.old)):
        raise VersionOne("Another process has just brought the project over.", "See what came over: sparkq tasks")


def _check_free(found: Found) -> None:
    """Refuse names that are taken. Raises NotEmpty."""
    kept = found.kept_file
    if kept is not None and kept.exists() and kept.read_bytes() != (found.file or kept).read_bytes():
        raise NotEmpty(f"{kept} exists already.", "Move it away: the old settings are kept under this name.")
    taken = any(os.path.lexists(f"{found.kept_database}{side}") for side in ("", "-wal", "-journal"))
    if found.old == found.database and taken and not _is_kept(found):
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
    """Give the old database its other name, with the logs that another process may have begun meanwhile.

    It keeps its first name too until the new one takes that, so that there is a database at every moment.
    """
    if found.old != found.database:
        return
    for side in ("-wal", "-journal"):
        log = found.database.with_name(f"{found.database.name}{side}")
        if log.exists():
            os.replace(log, found.kept_database.with_name(f"{found.kept_database.name}{side}"))
    found.database.with_name(f"{found.database.name}-shm").unlink(missing_ok=True)
    if _is_kept(found):
        return
    try:
        os.link(found.database, found.kept_database)
    except OSError as error:
        if error.errno not in durable.NO_LINKS:
            raise
        os.replace(found.database, found.kept_database)


def _is_kept(found: Found) -> bool:
    """True if the old database has its other name already, because bringing it over broke off."""
    return found.kept_database.exists() and found.kept_database.samefile(found.database)


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
