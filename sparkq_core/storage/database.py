"""The only SQLite room: connections, rows, and the write transaction.

apsw brings its own SQLite (3.51.3 or newer: before that a WAL-reset race could corrupt a database that several
processes checkpoint) and never opens a transaction behind the caller's back.
"""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from weakref import WeakSet

import apsw

from sparkq_core.clock import Clock
from sparkq_core.config.location import check_disk
from sparkq_core.errors import Corrupt, NewerSchema, NoProject, StorageError
from sparkq_core.storage.errors import RESTORE, STORAGE, WAIT_SECONDS, translated
from sparkq_core.storage.parameters import Values, in_order

APPLICATION_ID = 0x53504B51
"""`SPKQ` in the header of every SparkQ database."""

USER_VERSION = "PRAGMA user_version"
DATA_VERSION = "PRAGMA data_version"  # a statement that is kept: `pragma()` compiles one at each call

Row = tuple[Any, ...]
Migrate = Callable[[apsw.Connection], None]


class Reader(Protocol):
    """What a query needs: a transaction, or the database itself for a single statement."""

    def rows(self, sql: str, values: Values | None = None) -> list[Row]: ...
    def row(self, sql: str, values: Values | None = None) -> Row | None: ...


class Transaction:
    """Statements on one connection, all fetched to the end before the next begins."""

    __slots__ = ("_execute",)

    def __init__(self, execute: Callable[..., apsw.Cursor]) -> None:
        self._execute = execute

    def rows(self, sql: str, values: Values | None = None) -> list[Row]:
        """All rows of one statement."""
        return self._execute(sql, in_order(sql, values)).fetchall()

    def row(self, sql: str, values: Values | None = None) -> Row | None:
        """The first row of one statement, which runs to its end."""
        found = self._execute(sql, in_order(sql, values)).fetchall()
        return found[0] if found else None

    def run(self, sql: str, values: Values | None = None) -> None:
        """A statement that returns nothing."""
        self._execute(sql, in_order(sql, values))

    def run_each(self, sql: str, values: Sequence[Values]) -> None:
        """The same statement for each of `values`."""
        for one in values:
            self._execute(sql, in_order(sql, one)).fetchall()


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
        self.transaction = Transaction(self.execute)
        self.inside = False


class _Block:
    """A transaction as a `with` block. A class, since generators would be a tenth of what a verb costs."""

    __slots__ = ("_db", "_opened", "_writes")

    def __init__(self, db: "Database", *, writes: bool) -> None:
        self._db = db
        self._writes = writes

    def __enter__(self) -> Transaction:
        opened = self._opened = self._db._present()
        if opened.inside:
            raise RuntimeError("a transaction is open on this thread already")
        try:
            opened.execute("BEGIN IMMEDIATE" if self._writes else "BEGIN")
            if self._writes:
                version: Any = opened.execute(USER_VERSION).fetchall()[0][0]
                self._db._check_version(version)
        except BaseException as error:
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
        except BaseException as error:
            self._roll_back(error)
            raise

    def _roll_back(self, error: BaseException) -> None:
        """Undo the block; a refusal of SQLite's goes on as one of ours."""
        self._db._roll_back(self._opened)
        if isinstance(error, STORAGE):
            raise translated(error, self._db.path) from error


_abandoned: list[_Opened | None] = []
"""Connections that a forked child inherited: closing them there would drop the parent's locks."""

_process = os.getpid()
"""This process's number: asked for once, not at every statement."""


def _in_child() -> None:
    global _process
    _process = os.getpid()


os.register_at_fork(after_in_child=_in_child)


class Database:
    """One database file, with a connection for each thread of each process.

    `schema` is the user_version that the file must have; `migrate` brings an older one there. Without `mends` a file
    that is not as it should be is looked at as it is. Every method raises Busy when other processes keep the file
    locked for 10 s, and a StorageError when the file or the disk does not let it work.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        schema: int,
        migrate: Migrate,
        synchronous: str = "full",
        *,
        mends: bool = True,
    ) -> None:
        self.path = path
        self.clock = clock
        self.schema = schema
        self.synchronous = synchronous
        self._migrate = migrate
        self._mends = mends
        self._name = str(path)
        self._local = _Local()
        self._guard = threading.Lock()
        self._opened: WeakSet[_Opened] = WeakSet()
        """Every thread's: one that opens later must not write into another file than they."""

    def rows(self, sql: str, values: Values | None = None) -> list[Row]:
        """All rows of one reading statement."""
        opened = self._present()
        try:
            return opened.execute(sql, in_order(sql, values)).fetchall()
        except STORAGE as error:
            raise translated(error, self.path) from error

    def row(self, sql: str, values: Values | None = None) -> Row | None:
        """The first row of one reading statement."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def read(self) -> AbstractContextManager[Transaction]:
        """Several reading statements that see one moment."""
        return _Block(self, writes=False)

    def write(self) -> AbstractContextManager[Transaction]:
        """One transaction that sees no other writer: committed when the block ends, rolled back when it raises.

        Raises NewerSchema when a newer SparkQ has migrated the file since it was opened.
        """
        return _Block(self, writes=True)

    def data_version(self) -> int:
        """A number that changes when another connection has written: 3 us to ask."""
        return int(self.rows(DATA_VERSION)[0][0])

    def connection(self) -> apsw.Connection:
        """The raw connection of this thread, for backup and care."""
        return self._present().connection

    def close(self) -> None:
        """Close this thread's connection; the next call opens it again."""
        opened, self._local.opened = self._local.opened, None
        if opened is not None and self._local.pid == _process:
            try:
                opened.connection.close()
            except apsw.Error as error:
                raise translated(error, self.path) from error

    def _roll_back(self, opened: _Opened) -> None:
        try:
            if opened.connection.in_transaction:
                opened.connection.execute("ROLLBACK")
        except apsw.Error:
            # The connection cannot even roll back: a fresh one starts from what the file says.
            self._local.opened = None
            opened.connection.close(force=True)

    def _present(self) -> _Opened:
        """This thread's connection, if its file is still the one that it was opened on."""
        local = self._local
        if local.opened is not None and local.pid == _process:
            if self._identity() != local.opened.identity:
                raise self._replaced()
            return local.opened
        if local.opened is not None:
            _abandoned.append(local.opened)
        local.pid = _process
        identity = self._identity()
        with self._guard:
            if any(one.identity != identity for one in self._opened):
                raise self._replaced()
        try:
            local.opened = self._open(identity)
        except STORAGE as error:
            raise translated(error, self.path) from error
        with self._guard:
            self._opened.add(local.opened)
        return local.opened

    def _replaced(self) -> Corrupt:
        return Corrupt(
            f"{self.path} was removed or replaced while it was open.",
            "Restart this process; what it had acknowledged before stands in the file that was there.",
        )

    def _identity(self) -> tuple[int, int]:
        try:
            found = os.stat(self._name)
        except (FileNotFoundError, NotADirectoryError):
            return (0, 0)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be reached: {error.strerror}.", "Correct database.path.") from error
        return found.st_dev, found.st_ino

    def _open(self, identity: tuple[int, int]) -> _Opened:
        if identity == (0, 0):
            raise NoProject(f"There is no database at {self.path}.", "Run `sparkq setup` in the repository.")
        if os.path.getsize(self._name) == 0:
            raise Corrupt(
                f"{self.path} is empty: it is no database.",
                f"{RESTORE} Without a backup: move it away and run `sparkq setup`.",
            )
        check_disk(self.path.parent)
        connection = apsw.Connection(self._name, flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_handler(self._keep_trying())
            # Otherwise SQLite compiles a statement anew whenever a parameter that could sway its plan is bound.
            connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
            self._recognise(connection)
            for pragma, value in (
                ("synchronous", self.synchronous),
                ("foreign_keys", 1),
                ("journal_size_limit", 4 * 1024 * 1024),
                ("trusted_schema", 0),
                ("temp_store", 2),
            ):
                connection.pragma(pragma, value)
        except BaseException:
            connection.close(force=True)  # one that the traceback keeps alive would hold its locks
            raise
        return _Opened(connection, identity)

    def _recognise(self, connection: apsw.Connection) -> None:
        if connection.pragma("application_id") != APPLICATION_ID:
            raise Corrupt(f"{self.path} is a database of another program.", "Correct database.path in sparkq.yml.")
        version = connection.pragma("user_version")
        self._check_version(version)
        if not self._mends:
            return
        if version < self.schema:
            self._migrate(connection)
        if connection.pragma("journal_mode") != "wal":
            with suppress(apsw.BusyError, apsw.ReadOnlyError):  # it works without, until it can be changed
                connection.pragma("journal_mode", "wal")

    def _check_version(self, version: int) -> None:
        if version > self.schema:
            raise NewerSchema(
                f"{self.path} has schema {version}; this SparkQ knows up to {self.schema}.",
                "Upgrade SparkQ: pip install -U sparkq. A process that was running meanwhile is to be started anew.",
            )

    def _keep_trying(self) -> Any:
        """A busy handler of short random sleeps: SQLite's own doubles its waits and starves (2.1 s with 8 processes)."""
        started = 0.0

        def busy(tries: int) -> bool:
            nonlocal started
            if tries == 0:
                started = self.clock.monotonic()
            self.clock.pause(tries)
            return self.clock.monotonic() - started < WAIT_SECONDS

        return busy
