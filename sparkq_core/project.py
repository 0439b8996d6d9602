"""The open project that the functions of the core work on: database, configuration and clock."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sparkq_core import times
from sparkq_core.clock import Clock, SystemClock
from sparkq_core.config import loading as configuration
from sparkq_core.config.settings import Config
from sparkq_core.errors import DatabaseGone, InvalidConfig, NoProject, SparkQError
from sparkq_core.storage import schema
from sparkq_core.storage.database import Database
from sparkq_core.storage.lost import Rescue

if TYPE_CHECKING:
    from logging import Logger  # milliseconds at import, which no command needs

    from apsw import Connection

BEFORE_THE_TABLE = "database."
"""Settings that are needed to open the database cannot be stored in it."""

IDENTITY = "SELECT name, created_at FROM project"
CONFIG_ROWS = "SELECT key, value FROM config ORDER BY key"


class SparkQ(NamedTuple):
    """An open project. Several threads can use it; each has its own connection."""

    db: Database
    config: Config
    clock: Clock

    def version(self) -> int:
        """Return a number that changes when another process has written; it takes 3 us."""
        return self.db.data_version()

    def is_replaced(self) -> bool:
        """True if another file is now where the database was opened: `rescue` the one that is open, and open the project
        again."""
        return self.db.is_replaced()

    def rescue(self) -> Path | None:
        """Copy the open database if it was removed or replaced, once. Returns the copy, or None if none is needed."""
        return self.db.rescue()

    def leave(self) -> Path | None:
        """Rescue the open database as `rescue` does, before another one is opened in its place.

        Raises StorageError if what it had cannot be copied: then go on with this one, and try again later.
        """
        copy = self.db.rescue()
        self.db.check_saved()
        return copy

    def close(self) -> None:
        """Close this thread's connection."""
        self.db.close()


def open(start: Path | None = None, *, env: Mapping[str, str] | None = None, clock: Clock | None = None) -> SparkQ:
    """Open the project of the folder `start` (default: the working directory), and check its database.

    Creates nothing. Raises NoProject if none was set up here, InvalidConfig, and StorageError for a database file that
    is empty, foreign, newer or damaged.
    """
    return open_with(configuration.load(start, env, remember=True), start=start, env=env, clock=clock)


def open_with(
    config: Config, *, start: Path | None = None, env: Mapping[str, str] | None = None, clock: Clock | None = None
) -> SparkQ:
    """Open a project whose configuration was loaded already. Raises the errors of `open`."""
    clock = clock or SystemClock()
    synchronous = config.settings.database.synchronous
    db = Database(
        *(config.database, clock, schema.VERSION, schema.migrate, synchronous),
        root=config.root,
        rescue=_rescue(config, clock),
    )
    try:
        config = with_table(config, db, start, env)
        db.data_version()
    except NoProject as error:
        raise _lost(config) or error from error
    return SparkQ(db, config, clock)


def id_of(sq: SparkQ) -> str:
    """Return the id of the project: of its database and each copy of it, wherever it is. No other project has it."""
    from hashlib import sha256  # 2 ms at import, for a server and `sparkq status`

    ((name, created_at),) = sq.db.rows(IDENTITY)
    return sha256(f"{created_at} {name}".encode()).hexdigest()[:12]


def _rescue(config: Config, clock: Clock) -> Rescue:
    def copy(connection: "Connection", identity: tuple[int, int]) -> Path | None:
        from sparkq_core.storage.rescue import rescue  # only after a loss

        return rescue(config, connection, identity, clock)

    return copy


def _lost(config: Config) -> DatabaseGone | None:
    """Return the error for a database that is gone, with its newest copy; None if there is no copy."""
    from sparkq_core.config import copies  # only after a loss

    found = copies.found(config)
    if not found:
        return None
    number = f"There are {len(found)} copies of it" if len(found) > 1 else "There is one copy of it"
    return DatabaseGone(
        f"The database {config.database} is gone. {number}, the newest from {times.dated(found[0].at)}: {found[0].path}",
        "Put it back: sparkq restore",
    )


def effective(start: Path | None = None, env: Mapping[str, str] | None = None) -> Config:
    """Return the configuration that `open` would use, even if the database is missing or cannot be opened.

    Changes nothing. Raises InvalidConfig, NoProject if SPARKQ_CONFIG names a file that does not exist.
    """
    config = configuration.load(start, env)
    if config.file is not None or not config.database.is_file():
        return config
    db = Database(config.database, SystemClock(), schema.VERSION, schema.migrate, upgrade=False)
    try:
        return with_table(config, db, start, env)
    except InvalidConfig:
        raise
    except SparkQError:
        return config
    finally:
        db.close()


def with_table(config: Config, db: Database, start: Path | None, env: Mapping[str, str] | None) -> Config:
    """Return the configuration with the settings of the config table, which count only without a sparkq.yml.

    Raises InvalidConfig, and the errors of `db`.
    """
    if config.file is not None:
        return config
    rows: dict[str, str] = dict(db.rows(CONFIG_ROWS))
    stored = {key: value for key, value in rows.items() if not key.startswith(BEFORE_THE_TABLE)}
    return configuration.load(start, env, stored=stored) if stored else config


def renewed(sq: SparkQ, opener: Callable[[], SparkQ], log: "Logger") -> SparkQ:
    """Return the open project with the configuration that `opener` reads now, and with the same open database.

    If the configuration has an error, nothing changes: the error is logged, and a chat or a server works on with the
    configuration that it has.
    """
    try:
        opened = opener()
    except SparkQError as error:
        log.warning("the configuration stays as it was: %s", error.message)
        return sq
    opened.close()
    log.info("configuration read again")
    return sq._replace(config=opened.config)
