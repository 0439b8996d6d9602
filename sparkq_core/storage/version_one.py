"""Recognises a database of SparkQ 1, among those that are not of this version."""

from pathlib import Path

import apsw

from sparkq_core.config.version_one import refusal
from sparkq_core.errors import Corrupt, SparkQError

COLUMNS = "SELECT name FROM pragma_table_info(:table)"


def foreign(connection: apsw.Connection, path: Path) -> SparkQError:
    """Return the error for a database without the mark of this version."""
    if is_database(connection):
        return refusal(path)
    return Corrupt(f"{path} is a database of another program.", "Correct database.path in sparkq.yml.")


def is_database(connection: apsw.Connection) -> bool:
    """True if this is the database of SparkQ 1, which has the prompts of its tasks in JSON."""
    return "payload" in columns(connection, "tasks") and bool(columns(connection, "sessions"))


def columns(connection: apsw.Connection, table: str) -> frozenset[str]:
    """Return the names of the columns of a table, none if there is no such table."""
    return frozenset(str(name) for (name,) in connection.execute(COLUMNS, {"table": table}))
