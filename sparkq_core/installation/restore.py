"""Puts a copy in the place of the database, and sets aside what was there: nothing is lost by restoring."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from sparkq_core.clock import Clock, token
from sparkq_core.config import copies, ignoring
from sparkq_core.config.location import check_disk
from sparkq_core.config.settings import Config
from sparkq_core.errors import Corrupt, InvalidValue, NewerSchema, SparkQError, StorageError
from sparkq_core.files import durable, lock
from sparkq_core.storage import copying, schema
from sparkq_core.storage.errors import translated
from sparkq_core.storage.header import APPLICATION_ID
from sparkq_core.storage.patience import WAIT_SECONDS
from sparkq_core.storage.rescue import state_key

CONTENT = """
SELECT ifnull(sum(queued + held + running + succeeded + failed + cancelled), 0),
    ifnull(sum(unreviewed_succeeded + unreviewed_failed), 0) FROM queues
"""
CONTENT_UNTIL_10 = """
SELECT ifnull(sum(queued + running + succeeded + failed + cancelled), 0),
    ifnull(sum(unreviewed_succeeded + unreviewed_failed), 0) FROM queues
"""
"""The same in schemas before 11, which have no held tasks."""

CONTENT_UNTIL_3 = """
SELECT ifnull(sum(queued + running + succeeded + failed), 0), ifnull(sum(unreviewed_succeeded + unreviewed_failed), 0)
FROM queues
"""
"""The same in schemas before 4, which count cancelled tasks as failed."""

NEWEST_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'tasks'"
RAISED_ID = "UPDATE sqlite_sequence SET seq = max(seq, :id) WHERE name = 'tasks'"
FIRST_ID = """
INSERT INTO sqlite_sequence (name, seq)
SELECT 'tasks', :id WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'tasks')
"""


class Content(NamedTuple):
    """A copy with its number of tasks, of those without a review, and its bytes. `trouble` says why it cannot be used."""

    copy: copies.Copy
    tasks: int
    unreviewed: int
    size: int
    trouble: str = ""


class Restored(NamedTuple):
    """The copy that is now the database, and the file with what was there before; None if nothing was."""

    source: Path
    before: Path | None


def contents(config: Config) -> tuple[Content, ...]:
    """Return every copy of the project's database, the newest first. Changes nothing."""
    return tuple(_content(copy) for copy in copies.found(config))


def newest(config: Config, listed: tuple[Content, ...]) -> Content | None:
    """Return the copy that is restored if none is named: the newest that can be used, and that no restore set aside.

    If the database is gone and there is no other, it is one that a restore set aside.
    """
    usable = [each for each in listed if not each.trouble]
    made = [each for each in usable if not each.copy.is_before_restore]
    return next(iter(made or ([] if config.database.exists() else usable)), None)


def is_damaged(config: Config) -> bool:
    """True if there is a database that cannot be used."""
    if not config.database.is_file():
        return False
    try:
        _check(config.database)
    except Corrupt:
        return True
    return False


def restore(config: Config, source: Path, clock: Clock) -> Restored:
    """Put a copy of `source` in the place of the database, while other processes use it or not.

    Everything that was acknowledged before is in the file `before` of the answer. Processes that have the database open
    notice the new one and go on with it. Ids of tasks are not used again. Raises InvalidValue, Corrupt, NewerSchema if
    `source` cannot be used, Busy, StorageError.
    """
    database = config.database
    check_disk(database.parent)
    if not source.is_file():
        raise InvalidValue(f"There is no file {source}.", "List the copies that can be restored: sparkq restore --list")
    if source.resolve() == database.resolve():
        raise InvalidValue(f"{source} is the database itself.", "Name a backup or a rescue copy: sparkq restore --list")
    _check(source)
    try:
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        ignoring.guard(config)  # first: `git stash -u` takes away what Git sees
        with lock.holding(database.with_name(f"{database.name}.setup.lock")), durable.building(database) as built:
            with closing(_reader(source)) as opened:
                copying.fill(opened, built)
            with _still(database) as present:
                before = _set_aside(config, present, clock) if database.is_file() else None
                _raise_ids(built, _newest_id(config, present))
                durable.sync(built)
                _exchange(built, database)
    except apsw.Error as error:
        raise translated(error, database) from error
    except OSError as error:
        raise StorageError(
            f"{database} cannot be replaced: {error.strerror}.", "Check the folder's permissions."
        ) from error
    return Restored(source, before)


def _content(copy: copies.Copy) -> Content:
    try:
        _check(copy.path, thoroughly=False)
        with closing(_reader(copy.path)) as opened:
            version = opened.pragma("user_version")
            counts: Any = opened.execute(_counting(version)).fetchall()[0]
    except (SparkQError, apsw.Error) as error:
        trouble = error.message if isinstance(error, SparkQError) else str(error)
        return Content(copy, 0, 0, _size(copy.path), trouble)
    return Content(copy, counts[0], counts[1], _size(copy.path))


def _counting(version: int) -> str:
    """Return the statement that counts the tasks of a copy with this schema."""
    if version >= 11:
        return CONTENT
    return CONTENT_UNTIL_10 if version >= 4 else CONTENT_UNTIL_3


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _check(source: Path, *, thoroughly: bool = True) -> None:
    """Refuse a file that cannot be the database. Raises Corrupt, NewerSchema."""
    other = "Choose another copy: sparkq restore --list"
    try:
        with closing(_reader(source)) as opened:
            if opened.pragma("application_id") != APPLICATION_ID:
                raise Corrupt(f"{source} is a database of another program.", other)
            version = opened.pragma("user_version")
            if version > schema.VERSION:
                raise NewerSchema(
                    f"{source} has schema {version}, this SparkQ {schema.VERSION}.", "Upgrade SparkQ first."
                )
            if thoroughly and (wrong := opened.pragma("quick_check")) != "ok":
                raise Corrupt(f"{source} is damaged: {wrong}.", other)
    except apsw.Error as error:
        raise Corrupt(f"{source} is damaged or not a database: {error}.", other) from error


def _reader(file: Path) -> apsw.Connection:
    """Open a file to read it without writing beside it; with the write-ahead log, if it has one."""
    has_log = _size(file.with_name(f"{file.name}-wal")) > 0
    uri = f"{file.resolve().as_uri()}{'' if has_log else '?immutable=1'}"
    return apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


@contextmanager
def _still(database: Path) -> Iterator[apsw.Connection | None]:
    """Yield a reader of the present database while nobody can write to it; None if there is none that can be read."""
    if not database.is_file() or not _is_readable(database):
        yield None
        return
    with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)) as writer:
        writer.set_busy_timeout(round(WAIT_SECONDS * 1000))
        writer.execute("BEGIN IMMEDIATE")
        # SQLite copies nothing from a connection that has begun to write.
        with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
            yield reader
        writer.execute("ROLLBACK")


def _is_readable(database: Path) -> bool:
    """True if the file is sound enough to be copied by SQLite."""
    try:
        with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READWRITE)) as opened:
            opened.set_busy_timeout(round(WAIT_SECONDS * 1000))
            return bool(opened.pragma("application_id") == APPLICATION_ID and opened.pragma("quick_check") == "ok")
    except apsw.BusyError:
        raise
    except apsw.Error:
        return False


def _set_aside(config: Config, present: apsw.Connection | None, clock: Clock) -> Path:
    """Copy the present database to the rescue copies: by SQLite, or byte by byte if it is damaged."""
    database = config.database
    stat = database.stat()
    key = token(4) if present is None else state_key(present, (stat.st_dev, stat.st_ino))
    target = copies.made(copies.rescue(config)) / copies.rescue_name(config, key, clock.now(), why=copies.BEFORE)
    if present is not None:
        copying.copy(present, target)
        return target
    for side in ("-wal", "-journal", ""):
        file = database.with_name(f"{database.name}{side}")
        if file.is_file():
            with durable.building(target) as built:
                shutil.copyfile(file, built)
                durable.publish(built, target.with_name(f"{target.name}{side}"))
    return target


def _newest_id(config: Config, present: apsw.Connection | None) -> int:
    """Return the highest id that a task of the project is known to have had."""
    ids = [_id_in(present)] if present is not None else []
    for copy in copies.found(config):
        with suppress(apsw.Error), closing(_reader(copy.path)) as opened:
            ids.append(_id_in(opened))
    return max(ids, default=0)


def _id_in(opened: apsw.Connection) -> int:
    rows: Any = opened.execute(NEWEST_ID).fetchall()
    return int(rows[0][0]) if rows else 0


def _raise_ids(built: Path, newest: int) -> None:
    """Let the next task of the copy have a new id."""
    with closing(apsw.Connection(str(built))) as connection:
        connection.execute(RAISED_ID, {"id": newest})
        connection.execute(FIRST_ID, {"id": newest})


def _exchange(built: Path, database: Path) -> None:
    """Put the new file in the place of the old one, whose write-ahead log SQLite would replay into it.

    Meanwhile there is no file at the path, so that no process can open one of the two with the log of the other.
    """
    away = database.with_name(f"{database.name}.old")
    if database.exists():
        os.replace(database, away)
        for side in ("-wal", "-shm", "-journal"):
            database.with_name(f"{database.name}{side}").unlink(missing_ok=True)
    schema.set_aside_log(database)
    os.replace(built, database)
    away.unlink(missing_ok=True)
    durable.sync_folder(database.parent)
