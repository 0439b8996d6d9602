"""The only module that opens the database: connections, rows, and the write transaction.

apsw contains its own SQLite and never opens a transaction by itself. It must be SQLite 3.51.3 or newer: in older ones,
a race at the reset of the write-ahead log can corrupt a database that several processes checkpoint.
"""

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakSet

import apsw

from sparkq_core.clock import Clock
from sparkq_core.config.loading import environment
from sparkq_core.config.location import check_database, way_to
from sparkq_core.errors import Corrupt, NewerSchema, NoProject, Replaced, SparkQError, StorageError
from sparkq_core.storage import header, log_files, patience
from sparkq_core.storage.errors import RESTORE, STORAGE, translated
from sparkq_core.storage.lost import NO_FILE, Lost, Rescue
from sparkq_core.storage.parameters import Values, in_order
from sparkq_core.storage.statements import Reader as Reader
from sparkq_core.storage.statements import Row as Row
from sparkq_core.storage.statements import Transaction as Transaction

BEGIN_WRITE = "BEGIN IMMEDIATE; PRAGMA user_version"
DATA_VERSION = "PRAGMA data_version"  # as a statement, which is cached: `pragma()` compiles one at each call

LOOKS_FOR_THE_LOG = 3  # the last process that closes a database removes the log, perhaps just while this one opens it

Migrate = Callable[[apsw.Connection], None]


class _Local(threading.local):
    pid: int = 0
    opened: "_Opened | None" = None


class _Opened:
    """A connection and the file that it was opened on."""

    __slots__ = ("__weakref__", "connection", "execute", "identity", "inside", "transaction")

    def __init__(self, connection: apsw.Connection, identity: tuple[int, int]) -> None:
        self.connection = connection
        self.execute = connection.cursor().execute  # one cursor: the rows of a statement are fetched before the next
        self.identity = identity
        self.transaction = Transaction(self.execute, connection)
        self.inside = False


class _Block:
    """A transaction as a `with` block. It is a class because a generator would be a tenth of the cost of a verb."""

    __slots__ = ("_db", "_opened", "_writes")

    def __init__(self, db: "Database", *, writes: bool) -> None:
        self._db = db
        self._writes = writes

    def __enter__(self) -> Transaction:
        opened = self._opened = self._db._present(is_checked=not self._writes)  # a write does it when it has the lock
        if opened.inside:
            raise RuntimeError("this thread already has an open transaction")
        try:
            if self._writes:
                version: Any = opened.execute(BEGIN_WRITE).fetchall()[0][0]
                if version > self._db.schema:
                    raise self._db._newer(version)
                self._check_file()
            else:
                opened.execute("BEGIN")
        except BaseException as error:
            if isinstance(error, STORAGE):
                self._check_file()
            self._roll_back(error)
            raise
        opened.inside = True
        return opened.transaction

    def __exit__(self, _: type[BaseException] | None, raised: BaseException | None, __: TracebackType | None) -> None:
        self._opened.inside = False
        if raised is not None:
            self._roll_back(raised)
            return
        try:
            self._opened.execute("COMMIT")
            if self._writes:
                patience.committed()
                self._db._keep_if_lost(self._opened)
        except BaseException as error:
            self._roll_back(error)
            raise

    def _roll_back(self, error: BaseException) -> None:
        """Undo the block. Raises SparkQ's error for an error of SQLite."""
        self._db._roll_back(self._opened)
        if isinstance(error, STORAGE):
            raise translated(error, self._db.path) from error

    def _check_file(self) -> None:
        """Raise Replaced if the path no longer leads to the file that is open."""
        if self._db._identity() != self._opened.identity:
            self._db._roll_back(self._opened)
            raise self._db._replaced()


_abandoned: list[_Opened | None] = []
"""Connections inherited by a forked child. They are never closed, which SQLite forbids (How To Corrupt, 2.6)."""

_process = os.getpid()  # read once instead of at every statement


def _in_child() -> None:
    global _process
    _process = os.getpid()


os.register_at_fork(after_in_child=_in_child)


class Database:
    """One database file, with a connection for each thread of each process.

    `schema` is the user_version that the file must have; `migrate` upgrades an older file to it. Without `upgrade`, the
    file is read as it is and not changed. `root` is the folder of the project. `rescue` copies a file that was removed
    or replaced while it was open, from a connection and the identity of its file. Every method raises Busy if others keep
    the file locked for 10 s (Locked after 2 s if it cannot even be read), and StorageError if file or disk prevent it.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        schema: int,
        migrate: Migrate,
        synchronous: str = "full",
        *,
        upgrade: bool = True,
        root: Path | None = None,
        rescue: Rescue | None = None,
    ) -> None:
        self.path = path
        self.clock = clock
        self.schema = schema
        self.synchronous = synchronous
        self._migrate = migrate
        self._upgrade = upgrade
        self._lost = Lost(path, root, rescue)
        self._name = str(path)
        self._local = _Local()
        self._guard = threading.Lock()
        self._opened: WeakSet[_Opened] = WeakSet()
        """The connections of all threads: a new one must open the same file as the others."""

    def rows(self, sql: str, values: Values | None = None) -> list[Row]:
        """Return all rows of one statement that only reads."""
        opened = self._present()
        try:
            return opened.execute(sql, in_order(sql, values)).fetchall()
        except STORAGE as error:
            raise translated(error, self.path) from error

    def row(self, sql: str, values: Values | None = None) -> Row | None:
        """Return the first row of one statement that only reads, or None."""
        rows = self.rows(sql, values)
        return rows[0] if rows else None

    def read(self) -> AbstractContextManager[Transaction]:
        """Start a transaction for several statements that read the same state."""
        return _Block(self, writes=False)

    def write(self) -> AbstractContextManager[Transaction]:
        """Start a transaction without other writers: committed when the block ends, rolled back if it raises.

        Raises NewerSchema if a newer SparkQ has migrated the file since it was opened.
        """
        return _Block(self, writes=True)

    def data_version(self) -> int:
        """Return a number that changes when another connection has written. Reading it takes 3 us."""
        return int(self.rows(DATA_VERSION)[0][0])

    def is_replaced(self) -> bool:
        """True if the path leads to another file than the one that a thread has open: open the project again.

        False while there is none: the file may be put back, and until then every call is refused.
        """
        with self._guard:
            opened = next(iter(self._opened), None)
        return opened is not None and self._identity() not in (opened.identity, NO_FILE)

    def connection(self) -> apsw.Connection:
        """Return the raw connection of this thread, for backup and maintenance."""
        return self._present().connection

    def close(self) -> None:
        """Close the connection of this thread. The next call opens it again."""
        opened, self._local.opened = self._local.opened, None
        if opened is not None and self._local.pid != _process:
            _abandoned.append(opened)
        elif opened is not None:
            try:
                opened.connection.close()
            except apsw.Error as error:
                raise translated(error, self.path) from error

    def _roll_back(self, opened: _Opened) -> None:
        try:
            if opened.connection.in_transaction:
                opened.connection.execute("ROLLBACK")
        except apsw.Error:
            # The connection cannot even roll back. A new one reads the state from the file.
            self._local.opened = None
            opened.connection.close(force=True)

    def _present(self, *, is_checked: bool = True) -> _Opened:
        """Return the connection of this thread, opened if necessary. Raises Replaced for another file if it `is_checked`."""
        local = self._local
        if local.opened is not None and local.pid == _process:
            if is_checked and self._identity() != local.opened.identity:
                raise self._replaced()
            return local.opened
        if local.opened is not None:
            _abandoned.append(local.opened)
        local.pid = _process
        identity = self._identity()
        with self._guard:
            is_lost = any(opened.identity != identity for opened in self._opened)
        if is_lost:  # not within the guard, which a rescue takes too
            raise self._replaced()
        try:
            local.opened = self._open(identity)
        except STORAGE as error:
            if self._identity() != identity:
                raise self._replaced_just_now() from error
            raise translated(error, self.path) from error
        except FileNotFoundError as error:
            raise self._replaced_just_now() from error
        with self._guard:
            self._opened.add(local.opened)
        return local.opened

    def rescue(self) -> Path | None:
        """Copy the file that this process has open, if it was removed or replaced, and return the copy.

        It is copied once. None if the file is in its place, or cannot be copied now.
        """
        own = self._local.opened if self._local.pid == _process else None
        with self._guard:
            opened = [own, *self._opened] if own is not None else list(self._opened)
        identity = self._identity()
        lost = next((each for each in opened if each is not None and each.identity != identity), None)
        return None if lost is None else self._lost.copy(lost.connection, lost.identity)

    def check_saved(self) -> None:
        """Raise StorageError if a lost file could not be copied by `rescue`, so that this database must stay open."""
        self._lost.check()

    def _keep_if_lost(self, opened: _Opened) -> None:
        """Copy the file if it was removed while this process committed to it: an earlier copy of it may lack that."""
        with suppress(SparkQError):
            if self._identity() != opened.identity:
                self._lost.copy(opened.connection, opened.identity, again=True)

    def _replaced(self) -> Replaced:
        return self._lost.refusal(self.rescue(), is_replaced=self._identity() != NO_FILE)

    def _replaced_just_now(self) -> SparkQError:
        return self._missing() if self._identity() == NO_FILE else self._replaced()

    def _missing(self) -> NoProject:
        return NoProject(f"There is no database at {self.path}.", "Run `sparkq setup` in the repository.")

    def _identity(self) -> tuple[int, int]:
        try:
            stat = os.stat(self._name)
        except (FileNotFoundError, NotADirectoryError):
            return NO_FILE
        except OSError as error:
            raise StorageError(f"{self.path} cannot be reached: {error.strerror}.", way_to(self.path)) from error
        return stat.st_dev, stat.st_ino

    def _open(self, identity: tuple[int, int]) -> _Opened:
        if identity == NO_FILE:
            raise self._missing()
        if os.path.getsize(self._name) == 0:
            raise Corrupt(
                f"{self.path} is empty: it is not a database.",
                f"{RESTORE}. Without a backup: move it away and run `sparkq setup`.",
            )
        check_database(self.path, environment())
        for _ in range(LOOKS_FOR_THE_LOG):
            log = log_files.found(self.path, identity, self.clock)
            try:
                connection = self._connection()
            except apsw.Error as error:
                if log_files.is_same(self.path, log):
                    raise
                raise log_files.removed(self.path) from error
            if log_files.is_same(self.path, log):
                return _Opened(connection, identity)
            connection.close(force=True)
        raise log_files.removed(self.path)

    def _connection(self) -> apsw.Connection:
        connection = apsw.Connection(self._name, flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_handler(patience.busy_handler(self.clock))
            # Otherwise SQLite compiles a statement again whenever it binds a parameter that could change its plan.
            connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
            self._recognise(connection)
            for pragma, value in (
                ("synchronous", self.synchronous),
                ("foreign_keys", 1),
                ("journal_size_limit", 4 * 1024 * 1024),
                ("trusted_schema", 0),
                ("temp_store", 2),
                ("secure_delete", 1),  # deleted text is overwritten
            ):
                connection.pragma(pragma, value)
        except BaseException:
            connection.close(force=True)  # the traceback would keep it open, and with it its locks
            raise
        return connection

    def _recognise(self, connection: apsw.Connection) -> None:
        header.check(connection, self.path)
        version = connection.pragma("user_version")
        if version > self.schema:
            raise self._newer(version)
        if not self._upgrade:
            return
        if version < self.schema:
            self._migrate(connection)
        if connection.pragma("journal_mode") != "wal":
            with suppress(apsw.BusyError, apsw.ReadOnlyError):  # works without it, until it can be changed
                connection.pragma("journal_mode", "wal")

    def _newer(self, version: int) -> NewerSchema:
        return NewerSchema(
            f"{self.path} has schema {version}. This SparkQ supports schemas up to {self.schema}.",
            "Upgrade SparkQ: in its clone, git pull && pipx install --force . (or uv tool install --force .). Then restart the "
            "processes that still run the older one.",
        )
