"""The open handle that every room of the core takes: database, configuration, clock."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sparkq_core.clock import Clock, SystemClock
from sparkq_core.config import loading as configuration
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig, SparkQError
from sparkq_core.storage import schema
from sparkq_core.storage.database import Database

if TYPE_CHECKING:
    from logging import Logger  # milliseconds at import, which no command pays

BEFORE_THE_TABLE = "database."
"""Settings that must be known before the database is open cannot stand in it."""

CONFIG_ROWS = "SELECT key, value FROM config ORDER BY key"


class SparkQ(NamedTuple):
    """An open project. Usable from several threads; each gets its own connection."""

    db: Database
    config: Config
    clock: Clock

    def version(self) -> int:
        """A number that changes when another process has written: 3 us to ask."""
        return self.db.data_version()

    def close(self) -> None:
        """Close this thread's connection."""
        self.db.close()


def open(start: Path | None = None, *, env: Mapping[str, str] | None = None, clock: Clock | None = None) -> SparkQ:
    """The project around folder `start` (default: the working directory), its database open and recognised.

    Creates nothing. Raises NoProject when nothing was set up here, InvalidConfig, and StorageError for a file that
    is empty, foreign, newer or damaged.
    """
    return open_with(configuration.load(start, env, remember=True), start=start, env=env, clock=clock)


def open_with(
    config: Config, *, start: Path | None = None, env: Mapping[str, str] | None = None, clock: Clock | None = None
) -> SparkQ:
    """As `open`, with a configuration that was loaded already."""
    clock = clock or SystemClock()
    db = Database(config.database, clock, schema.VERSION, schema.migrate, config.settings.database.synchronous)
    config = with_table(config, db, start, env)
    db.data_version()
    return SparkQ(db, config, clock)


def effective(start: Path | None = None, env: Mapping[str, str] | None = None) -> Config:
    """The configuration that `open` would have, also where the database is missing or cannot be opened.

    Changes nothing. Raises InvalidConfig, NoProject when SPARKQ_CONFIG names no file.
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
    """The configuration with what the config table says, where there is no sparkq.yml.

    Raises InvalidConfig, and what `db` raises.
    """
    if config.file is not None:
        return config
    rows: dict[str, str] = dict(db.rows(CONFIG_ROWS))
    stored = {key: value for key, value in rows.items() if not key.startswith(BEFORE_THE_TABLE)}
    return configuration.load(start, env, stored=stored) if stored else config


def renewed(sq: SparkQ, opener: Callable[[], SparkQ], log: "Logger") -> SparkQ:
    """The open project with the configuration that `opener` finds now; its database stays the one that is open.

    A configuration that cannot be taken up changes nothing: `log` says why, and a chat or a server works on with the
    one that it has.
    """
    try:
        opened = opener()
    except SparkQError as error:
        log.warning("the configuration stays as it was: %s", error.message)
        return sq
    opened.close()
    log.info("configuration read anew")
    return sq._replace(config=opened.config)
