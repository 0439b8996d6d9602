"""Imports an export into a new project: all of it, or nothing."""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import apsw

from sparkq_core import purged
from sparkq_core.changes import carried
from sparkq_core.config import loading as configuration
from sparkq_core.config.reading import Given
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig, InvalidValue, NotEmpty
from sparkq_core.installation import import_checks
from sparkq_core.installation.export_format import (
    CHANGE,
    CHANGES,
    COLUMNS,
    FORMAT,
    MAX_NUMBER,
    PROJECT,
    TABLES,
    check_row,
    shown,
    whole,
)
from sparkq_core.project import BEFORE_THE_TABLE, SparkQ
from sparkq_core.storage.database import Database, Transaction
from sparkq_core.storage.schema import VERSION
from sparkq_core.text import is_blank
from sparkq_core.titles import NO_WORDS, title_of

T = TypeVar("T")

INSERTS = {
    table: f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{name}' for name in TABLES[table])})"
    for table, columns in COLUMNS.items()
}
TREES = """
UPDATE attempts SET git_before = json_set(git_before, '$.tree', :before, '$.carried', json('true')),
    git_after = json_set(git_after, '$.tree', :after, '$.carried', json('true'))
WHERE task_id = :task_id AND attempt = :attempt AND git_before IS NOT NULL
    AND json_extract(git_after, '$.exact') RETURNING attempt
"""
TITLE = "UPDATE tasks SET title = :title WHERE id = :task"
PROMPT = "SELECT p.text FROM tasks JOIN prompts AS p ON p.task_id = tasks.id AND p.revision = tasks.revision WHERE tasks.id = :task"
PROJECT_IN = "UPDATE project SET name = :name, created_at = :created_at, looked_at = :looked_at, indexed_event = 0"
HOOKED = "UPDATE project SET hooked_event = (SELECT ifnull(max(id), 0) FROM events)"
USED = "SELECT EXISTS (SELECT 1 FROM queues) OR EXISTS (SELECT 1 FROM sessions) OR EXISTS (SELECT 1 FROM tasks)"
NO_SETTINGS = "DELETE FROM config WHERE key NOT GLOB 'hooks.*'"
NO_EVENTS = "DELETE FROM events"
# A trigger keeps `back` when tasks are inserted; none keeps `front`.
FRONTS = "UPDATE queues SET front = min(front, (SELECT coalesce(min(t.position), 1) FROM tasks AS t WHERE t.queue_id = queues.id))"
NO_LAST_ID = "DELETE FROM sqlite_sequence WHERE name = :name"
LAST_ID = "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :id)"
NEWEST = {
    "queues": "SELECT ifnull(max(id), 0) FROM queues",
    "sessions": "SELECT ifnull(max(id), 0) FROM sessions",
    "tasks": "SELECT max(ifnull((SELECT max(id) FROM tasks), 0), ifnull((SELECT max(id) FROM purged), 0))",
}
"""The highest id of each table whose ids are never used again."""

LAST_IDS = dict.fromkeys(NEWEST, whole(0, MAX_NUMBER))

OWN_FILE = "Use a file that `sparkq export` wrote."
DAMAGED = "The file is damaged or was changed. Nothing was imported."


class Imported(NamedTuple):
    """The number of rows that were imported, and the hooks (on_failed, …) that were left out."""

    rows: int
    hooks: tuple[str, ...] = ()


def load(sq: SparkQ, lines: Iterable[str]) -> Imported:
    """Read an export into a project that has no queue, session or task yet.

    It reads all of it or nothing. Each value has the limits of the doors, and the rows must fit together. Commands never
    come in: hooks are left out, and those that are set here stay, but do not run for imported events. Raises NotEmpty,
    and InvalidValue, which names the line that is wrong.
    """
    return read_into(sq.db, lines, sq.config)


def read_into(db: Database, lines: Iterable[str], config: Config | None = None) -> Imported:
    """Read an export into the database of such a project; without `config` it has no changes. Raises the errors of `load`."""
    with db.write() as tx:
        used = tx.row(USED)
        if used and used[0]:
            raise NotEmpty("This project has queues or tasks already.", "Import into a new project: ids would collide.")
        for sql in (NO_SETTINGS, NO_EVENTS):
            tx.run(sql)
        return _Import(tx, config).read(lines)


class _Import:
    """One import, in one transaction."""

    def __init__(self, tx: Transaction, config: Config | None) -> None:
        self._tx = tx
        self._config = config
        self._settings: Given = {}
        self._hooks: list[str] = []
        self._lines: dict[str, dict[int, int]] = {"queues": {}, "tasks": {}, "purged": {}}
        """The line of each of these rows by its id, for what is seen only at the end."""

        self._untitled: list[int] = []
        """The tasks whose title is blank, as earlier versions could make it."""

        self._last_ids: dict[str, int] = {}
        """The last ids that the exported project had used."""

    def read(self, lines: Iterable[str]) -> Imported:
        numbered = enumerate(lines, 1)
        self._last_ids = self._head(*next(numbered, (1, "")))
        rows, announced = 0, None
        for number, line in numbered:
            if not line.strip():
                continue
            value = _parsed(number, line)
            if announced is not None:
                raise InvalidValue(f"Line {number} is after the end of the export.", "Import one export, unchanged.")
            if set(value) == {"rows"}:
                announced = value["rows"]
            else:
                self._row(number, value)
                rows += 1
        if announced != rows:
            raise InvalidValue(f"The export was cut off after {rows:,} rows.", "Export again.")
        self._finish()
        return Imported(rows - len(self._hooks), tuple(self._hooks))

    def _head(self, number: int, line: str) -> dict[str, int]:
        """Read the first line, and return the last ids that the exported project had used."""
        head = _parsed(number, line)
        if head.get("format") != FORMAT:
            raise InvalidValue("This is not an export of SparkQ.", OWN_FILE)
        if head.get("schema") != VERSION:
            raise InvalidValue(
                f"The export has schema {shown(head.get('schema'))}, this SparkQ {VERSION}.",
                "Export it with the same version of SparkQ.",
            )
        if not isinstance(head.get("project"), dict) or not isinstance(head.get("last_ids"), dict):
            raise InvalidValue("Line 1 does not describe a project.", DAMAGED)
        project = _checked(1, lambda: check_row(PROJECT, head["project"]))
        self._run(1, PROJECT_IN, project)
        return _checked(1, lambda: check_row(LAST_IDS, dict.fromkeys(NEWEST, 0) | head["last_ids"]))

    def _row(self, number: int, value: dict[str, Any]) -> None:
        table = value.get("table")
        if table == CHANGES and self._config is not None and "row" in value:
            self._change(number, self._config, value["row"])
            return
        if not isinstance(table, str) or table not in TABLES or "row" not in value:
            raise InvalidValue(f"Line {number} is not a row of an export.", DAMAGED)
        row = _checked(number, lambda: import_checks.alone(table, check_row(TABLES[table], value["row"])))
        if table == "events" and row["queue_id"] is not None and not self._was_used("queues", row["queue_id"]):
            raise InvalidValue(f"Line {number}: its queue is not before it.", DAMAGED)
        if table in self._lines:
            self._lines[table][row["id"]] = number
        if table == "purged" and is_blank(row["title"]):
            row["title"] = NO_WORDS
        if table == "tasks" and is_blank(row["title"]):
            self._untitled.append(row["id"])
        if table != "config":
            self._run(number, INSERTS[table], row)
            if table == "purged":
                purged.learn(self._tx, row["id"])
        elif row["key"].startswith("hooks."):
            self._hooks.append(row["key"].partition(".")[2])
        else:
            self._setting(number, row["key"], json.loads(row["value"]))
            self._run(number, INSERTS[table], row)

    def _was_used(self, table: str, row_id: int) -> bool:
        """True if a row has this id, or had it and was deleted."""
        return row_id in self._lines[table] or row_id <= self._last_ids[table]

    def _change(self, number: int, config: Config, row: Any) -> None:
        """Keep the files of what an attempt changed, which must be known exactly, in the store of this project."""
        change = _checked(number, lambda: check_row(CHANGE, row))
        before, after = _checked(number, lambda: carried.unpack(config, change["files"]))
        values = {"task_id": change["task_id"], "attempt": change["attempt"], "before": before, "after": after}
        if not self._tx.rows(TREES, values):
            raise InvalidValue(f"Line {number}: no attempt before it has such a change.", DAMAGED)

    def _setting(self, number: int, key: str, value: Any) -> None:
        origin = f"Line {number}"
        if key.startswith(BEFORE_THE_TABLE):
            raise InvalidValue(f"{origin}: {key} cannot be a setting of the database.", DAMAGED)
        try:
            configuration.check(key, value, origin)
        except InvalidConfig as error:
            raise InvalidValue(error.message, DAMAGED) from error
        self._settings[key] = (value, origin)

    def _finish(self) -> None:
        """Look at what only all rows together show, and compute what follows from them."""
        try:
            configuration.build(self._settings)
        except InvalidConfig as error:
            raise InvalidValue(error.message, DAMAGED) from error
        for problem in import_checks.together(self._tx):
            number = self._lines[problem.table].get(problem.id, 1)
            raise InvalidValue(f"Line {number}: {problem.message}", DAMAGED)
        for task_id in self._untitled:
            self._tx.run(TITLE, {"task": task_id, "title": title_of(self._tx.rows(PROMPT, {"task": task_id})[0][0])})
        self._tx.run(FRONTS)
        for table, newest in NEWEST.items():
            present = int(self._tx.rows(newest)[0][0])
            self._tx.run(NO_LAST_ID, {"name": table})
            if last_id := max(present, self._last_ids[table]):
                self._tx.run(LAST_ID, {"name": table, "id": last_id})
        self._tx.run(HOOKED)

    def _run(self, number: int, sql: str, row: dict[str, Any]) -> None:
        try:
            self._tx.run(sql, row)
        except apsw.ConstraintError as error:
            why = "it refers to a row that is not before it" if "FOREIGN KEY" in str(error) else str(error)
            raise InvalidValue(f"Line {number} cannot be imported: {why}.", DAMAGED) from error


def _checked(number: int, check: Callable[[], T]) -> T:
    """Return the answer of `check`, whose refusals get the number of the line."""
    try:
        return check()
    except InvalidValue as error:
        raise InvalidValue(f"Line {number}: {error.message}", error.hint or DAMAGED) from error


def _parsed(number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"Line {number} is not JSON.", OWN_FILE) from error
    if not isinstance(value, dict):
        raise InvalidValue(f"Line {number} is not a JSON object.", OWN_FILE)
    return value
