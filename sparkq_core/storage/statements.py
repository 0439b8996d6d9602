"""Statements on a connection, and the rows that they return."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import apsw

from sparkq_core.storage.parameters import Values, in_order

Row = tuple[Any, ...]


class Reader(Protocol):
    """A transaction, or the database itself for a single statement."""

    def rows(self, sql: str, values: Values | None = None) -> list[Row]: ...
    def row(self, sql: str, values: Values | None = None) -> Row | None: ...


class Transaction:
    """Statements on one connection. Each is fetched to its end before the next one begins, except those of `each`."""

    __slots__ = ("_changes", "_cursor", "_execute")

    def __init__(self, execute: Callable[..., apsw.Cursor], connection: apsw.Connection) -> None:
        self._execute = execute
        self._cursor = connection.cursor
        self._changes = connection.changes

    def rows(self, sql: str, values: Values | None = None) -> list[Row]:
        """Return all rows of one statement."""
        return self._execute(sql, in_order(sql, values)).fetchall()

    def row(self, sql: str, values: Values | None = None) -> Row | None:
        """Run one statement to its end and return its first row, or None."""
        rows = self._execute(sql, in_order(sql, values)).fetchall()
        return rows[0] if rows else None

    def each(self, sql: str, values: Values | None = None) -> Iterator[Row]:
        """Yield the rows of one statement one by one, for more than fits into the memory.

        Other statements of the transaction may run in between.
        """
        cursor = self._cursor()
        try:
            yield from cursor.execute(sql, in_order(sql, values))
        finally:
            cursor.close(force=True)

    def changed(self, sql: str, values: Values | None = None) -> bool:
        """Run an UPDATE, and return True if it changed a row.

        A RETURNING clause would collect its rows in a table of its own, which takes longer than to read one row again.
        """
        self._execute(sql, in_order(sql, values))
        return self._changes() > 0

    def run(self, sql: str, values: Values | None = None) -> None:
        """Run a statement that returns no rows."""
        self._execute(sql, in_order(sql, values))

    def run_each(self, sql: str, values: Sequence[Values]) -> None:
        """Run the same statement for each of `values`."""
        for row_values in values:
            self._execute(sql, in_order(sql, row_values)).fetchall()
