"""Finds a project of SparkQ 1 by its settings file or its database."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import apsw

from sparkq_core.config import loading as configuration
from sparkq_core.config import location, ownership, reading, version_one
from sparkq_core.errors import InvalidConfig, VersionOne
from sparkq_core.storage.header import APPLICATION_ID
from sparkq_core.storage.version_one import is_database

BUSY_MS = 2000
"""How long a lock on the old database is waited for."""


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


def find(start: Path, env: Mapping[str, str]) -> Found | None:
    """Return the project of SparkQ 1 around folder `start`, None if there is none. Changes nothing.

    Raises InvalidConfig for a settings file that cannot be read, OtherOwner, NoProject.
    """
    at = location.find(start, env)
    given = reading.read_file(at.file) if at.file is not None else {}
    old_file = at.file if version_one.is_settings(given) else None
    database = _database(at.root, given)
    old = next((file for file in (database, _kept(database)) if is_old(file)), None)
    if old_file is None and old != database:
        return None
    ownership.check([at.root, *([old] if old is not None else [])], env)
    return Found(at.root, old_file, old, database)


def _database(root: Path, given: reading.Given) -> Path:
    """Return the path of the database, that of a project without settings if the given one cannot be a path."""
    path, origin = given.get("database.path", (location.DATABASE, ""))
    try:
        configuration.check("database.path", path, origin)
    except InvalidConfig:
        path = location.DATABASE
    return root / Path(path).expanduser()


def _kept(database: Path) -> Path:
    return database.with_name(f"{database.stem}1{database.suffix}")


def is_old(file: Path) -> bool:
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
