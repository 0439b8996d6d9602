"""Exports a whole project as JSON Lines, and imports them into a new project."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apsw

from sparkq_core import __version__
from sparkq_core.clock import iso
from sparkq_core.config import loading as configuration
from sparkq_core.errors import InvalidConfig, InvalidText, InvalidValue, NotEmpty
from sparkq_core.model import ATTEMPT_COLUMNS, CHAT_COLUMNS
from sparkq_core.project import SparkQ
from sparkq_core.purged import LINE_COLUMNS
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.schema import VERSION
from sparkq_core.tasks import git
from sparkq_core.text import checked, safe

FORMAT = "sparkq-export"

COLUMNS = {
    "config": "key, value",
    "sessions": "id, name, status, created_at, ended_at",
    "queues": "id, name, session_id, status, revision, back, front, created_at, ended_at, archived_at",
    "instructions": "queue_id, revision, text, created_at",
    "tasks": """id, queue_id, status, position, title, tool, task_class, timeout, source, key, revision, attempts,
created_at, worker, claimed_at, heartbeat_at, stale_warned_at, due_at, finished_at, reviewed_at, error_type,
late_at, late_attempt, late_outcome, accepted_attempt""",
    "prompts": "task_id, revision, text, created_at",
    "chats": CHAT_COLUMNS,
    "attempts": ATTEMPT_COLUMNS,
    "events": "id, at, kind, task_id, queue_id, attempt, worker, text",
    "purged": LINE_COLUMNS,
    "sqlite_sequence": "name, seq",
}
"""The columns of each table in an export, in the order in which they can be read back. Counters are made again."""

JSON_COLUMNS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "config": {"value": lambda _: True},
    "attempts": {"data": lambda _: True, "late_data": lambda _: True}
    | dict.fromkeys(("git_before", "git_after"), git.well_formed),
    "purged": {"change": git.well_formed},
}
"""Columns that are read as JSON, each with the check that a value must pass."""

DAMAGED = "The file is damaged; nothing was imported."

NAMES = {table: [name.strip() for name in columns.split(",")] for table, columns in COLUMNS.items()}
SELECTS = {table: f"SELECT {columns} FROM {table} ORDER BY rowid" for table, columns in COLUMNS.items()} | {
    table: f"SELECT {COLUMNS[table]} FROM {table} ORDER BY {key}"
    for table, key in (("config", "key"), ("attempts", "task_id, attempt"))
}
INSERTS = {
    table: f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{name}' for name in NAMES[table])})"
    for table, columns in COLUMNS.items()
}
PROJECT = "SELECT name, created_at, looked_at FROM project"
PROJECT_IN = "UPDATE project SET name = :name, created_at = :created_at, looked_at = :looked_at, indexed_event = 0"
HOOKED = "UPDATE project SET hooked_event = (SELECT ifnull(max(id), 0) FROM events)"
USED = "SELECT EXISTS (SELECT 1 FROM queues) OR EXISTS (SELECT 1 FROM sessions) OR EXISTS (SELECT 1 FROM tasks)"
EMPTIED = ("DELETE FROM config", "DELETE FROM events")
NO_SEQUENCE = "DELETE FROM sqlite_sequence WHERE name = :name"


def export(sq: SparkQ) -> Iterator[str]:
    """Write the whole project, as it is at one moment, as lines of JSON.

    A head, then `{"table": …, "row": {…}}` for each row, and last `{"rows": …}`, their number: an export without it
    was cut off.
    """
    with sq.db.read() as tx:
        project = tx.row(PROJECT)
        assert project is not None
        head = {"format": FORMAT, "schema": VERSION, "version": __version__, "exported_at": iso(sq.clock.now())}
        yield _line(head | {"project": dict(zip(("name", "created_at", "looked_at"), project, strict=True))})
        rows = 0
        for table, sql in SELECTS.items():
            for row in tx.rows(sql):
                yield _line({"table": table, "row": dict(zip(NAMES[table], row, strict=True))})
                rows += 1
        yield _line({"rows": rows})


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load(sq: SparkQ, lines: Iterable[str]) -> int:
    """Read an export into a project that has no queue, session or task yet; returns the number of rows.

    It reads all of it or nothing, and hooks do not run for imported events. Raises NotEmpty, and InvalidValue, which
    names the line that cannot be read.
    """
    numbered = enumerate(lines, 1)
    with sq.db.write() as tx:
        used = tx.row(USED)
        if used and used[0]:
            raise NotEmpty("This project has queues or tasks already.", "Import into a new project: ids would collide.")
        _head(tx, next(numbered, (1, "")))
        for sql in EMPTIED:
            tx.run(sql)
        rows, announced = 0, None
        for number, line in numbered:
            if line.strip():
                value = _parsed(number, line)
                if announced is not None:
                    raise InvalidValue(
                        f"Line {number} is after the end of the export.", "Import one export, unchanged."
                    )
                if set(value) == {"rows"}:
                    announced = value["rows"]
                else:
                    _row(tx, number, value)
                    rows += 1
        if announced != rows:
            raise InvalidValue(f"The export was cut off after {rows:,} rows.", "Export again.")
        tx.run(HOOKED)
    return rows


def _head(tx: Transaction, first: tuple[int, str]) -> None:
    head = _parsed(*first)
    if head.get("format") != FORMAT:
        raise InvalidValue("This is not an export of SparkQ.", "Use a file that `sparkq export` wrote.")
    if head.get("schema") != VERSION:
        raise InvalidValue(
            f"The export has schema {safe(str(head.get('schema')))}, this SparkQ {VERSION}.",
            "Export it with the same version of SparkQ.",
        )
    project = head.get("project")
    if not isinstance(project, dict) or set(project) != {"name", "created_at", "looked_at"}:
        raise InvalidValue("The export's first line does not describe a project.", "The file is damaged.")
    _run(tx, 1, PROJECT_IN, project)


def _row(tx: Transaction, number: int, value: dict[str, Any]) -> None:
    table, row = value.get("table"), value.get("row")
    if not isinstance(table, str) or table not in NAMES or not isinstance(row, dict) or set(row) != set(NAMES[table]):
        raise InvalidValue(f"Line {number} is not a row of an export.", "The file is damaged or of another version.")
    if table == "sqlite_sequence":
        _run(tx, number, NO_SEQUENCE, {"name": row["name"]})
    for column, fits in JSON_COLUMNS.get(table, {}).items():
        if row[column] is not None and not _is_json(row[column], fits):
            raise InvalidValue(f"Line {number}: {column} is not valid.", DAMAGED)
    if table == "config":
        try:
            configuration.check(row["key"], json.loads(row["value"]), f"Line {number}")
        except InvalidConfig as error:
            raise InvalidValue(error.message, DAMAGED) from error
    _run(tx, number, INSERTS[table], row)


def _is_json(text: Any, fits: Callable[[Any], bool]) -> bool:
    try:
        return fits(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return False


def _run(tx: Transaction, number: int, sql: str, values: dict[str, Any]) -> None:
    try:
        tx.run(sql, values)
    except (apsw.ConstraintError, apsw.MismatchError, TypeError, OverflowError) as error:
        raise InvalidValue(f"Line {number} cannot be a row here: {error}.", DAMAGED) from error


def _texts(value: dict[str, Any]) -> dict[str, Any]:
    """Return the object if SparkQ can keep each of its texts."""
    for name, text in value.items():
        if isinstance(text, str):
            checked(text, name, limit=sys.maxsize, empty=True)
    return value


def _parsed(number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, object_hook=_texts)
    except InvalidText as error:
        raise InvalidValue(f"Line {number}: {error.message}", error.hint) from error
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"Line {number} is not JSON.", "Use a file that `sparkq export` wrote.") from error
    if not isinstance(value, dict):
        raise InvalidValue(f"Line {number} is not a JSON object.", "Use a file that `sparkq export` wrote.")
    return value
