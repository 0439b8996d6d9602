"""Converts the sessions, queues and tasks of SparkQ 1 to the rows of an export, which an import then checks."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sparkq_core.catalogue import DEFAULT_TOOL
from sparkq_core.clock import DAY, LAST, from_iso
from sparkq_core.config.settings import BUILT_IN_CLASSES, WEEK_SECONDS, Settings
from sparkq_core.errors import InvalidName, InvalidValue
from sparkq_core.installation.export_format import FORMAT, TABLES
from sparkq_core.installation.version_one import prompts
from sparkq_core.lifecycle import ErrorType, Status
from sparkq_core.queues.checks import MAX_CHECKS
from sparkq_core.storage.schema import VERSION
from sparkq_core.text import MAX_NAME, checked_label, checked_name
from sparkq_core.titles import title_of

WORKER = "sparkq-1"
"""The worker of every attempt that is brought over: SparkQ 1 did not record who worked."""

NO_RESULT = "SparkQ 1 recorded no result."
NO_ERROR = "SparkQ 1 recorded no error."
WAS_RUNNING = "It was running in SparkQ 1."
NEEDED = {
    "sessions": {"id", "name"},
    "queues": {"id", "name", "session_id", "status"},
    "tasks": {"id", "queue_id", "payload", "status", "created_at"},
}
"""The columns of the old tables that cannot be done without. All others may be missing, and unknown ones may be there."""

Row = Mapping[str, Any]


class Figures(NamedTuple):
    """What was brought over, and what was left in the old database.

    `again` counts the queued tasks that were running. `old` tasks finished longer ago than unreviewed ones are kept, and
    `unknown` ones have no queue or a status that SparkQ 1 did not have. `renamed` are names with their new ones.
    """

    sessions: int = 0
    queues: int = 0
    queued: int = 0
    again: int = 0
    finished: int = 0
    old: int = 0
    unknown: int = 0
    renamed: tuple[tuple[str, str], ...] = ()


class OldTasks:
    """The old sessions, queues and tasks as lines of an export; `figures` are complete after the last line."""

    def __init__(self, settings: Settings, name: str, now: int) -> None:
        self.figures = Figures()
        self._settings = settings
        self._name = name
        self._now = now
        self._rows = 0
        self._events = 0
        self._sessions: dict[Any, int] = {}
        self._queues: dict[Any, int] = {}

    def lines(self, sessions: Iterator[Row], queues: Iterator[Row], tasks: Iterator[Row]) -> Iterator[str]:
        """Yield the lines of an export. Tasks get their numbers in the order in which they come."""
        project = {"name": self._name, "created_at": self._now, "looked_at": None}
        yield json.dumps({"format": FORMAT, "schema": VERSION, "project": project, "last_ids": {}})
        names: set[str] = set()
        for row in sessions:
            yield from self._session(row, names)
        names = set()
        for row in queues:
            yield from self._queue(row, names)
        number = 0
        for row in tasks:
            if self._belongs(row):
                number += 1
                yield from self._task(row, number)
        yield json.dumps({"rows": self._rows})

    def _line(self, table: str, **values: Any) -> str:
        self._rows += 1
        return json.dumps({"table": table, "row": dict.fromkeys(TABLES[table]) | values})

    def _event(self, at: int, kind: str, **values: Any) -> str:
        self._events += 1
        return self._line("events", id=self._events, at=at, kind=kind, **values)

    def _count(self, **more: int) -> None:
        self.figures = self.figures._replace(
            **{name: getattr(self.figures, name) + number for name, number in more.items()}
        )

    def _session(self, row: Row, names: set[str]) -> Iterator[str]:
        number = self._sessions[row["id"]] = len(self._sessions) + 1
        ended = row.get("status") == "ended"
        yield self._line(
            "sessions",
            id=number,
            name=self._named(row["name"], "session", names),
            status="ended" if ended else "active",
            created_at=self._time(row, "created_at"),
            ended_at=self._time(row, "ended_at", "updated_at", "created_at") if ended else None,
        )
        self._count(sessions=1)

    def _queue(self, row: Row, names: set[str]) -> Iterator[str]:
        number = self._queues[row["id"]] = len(self._queues) + 1
        status = row["status"] if row["status"] in ("ended", "archived") else "active"
        created, changed = self._time(row, "created_at"), self._time(row, "updated_at", "created_at")
        instructions = prompts.cleaned(row.get("instructions"))
        yield self._line(
            "queues",
            id=number,
            name=self._named(row["name"], "queue", names),
            session_id=self._sessions.get(row["session_id"]),
            status=status,
            revision=int(bool(instructions)),
            created_at=created,
            ended_at=changed if status == "ended" else None,
            archived_at=changed if status == "archived" else None,
            max_checks=MAX_CHECKS,
        )
        if instructions:
            yield self._line("instructions", queue_id=number, revision=1, text=instructions, created_at=created)
        yield self._event(created, "queue created", queue_id=number)
        self._count(queues=1)

    def _named(self, name: Any, noun: str, taken: set[str]) -> str:
        """Return a name that this version accepts, and that no other has."""
        old = prompts.cleaned(name)
        try:
            wanted = checked_name(old, noun)
        except InvalidName:
            wanted = re.sub(r"[^A-Za-z0-9._]+", "-", re.sub(r"\.{2,}", ".", old)).strip("-._")[:MAX_NAME] or noun
        new, number = wanted, 1
        while new in taken:
            number += 1
            new = f"{wanted[: MAX_NAME - 6]}-{number}"
        taken.add(new)
        if new != old:
            self.figures = self.figures._replace(renamed=(*self.figures.renamed, (old, new)))
        return new

    def _belongs(self, row: Row) -> bool:
        """True if the task is brought over; else it is counted."""
        if row["queue_id"] not in self._queues or row["status"] not in ("queued", "running", "succeeded", "failed"):
            self._count(unknown=1)
            return False
        age = self._now - self._time(row, "finished_at", "updated_at", "created_at")
        if row["status"] in ("succeeded", "failed") and age > self._settings.purge.unreviewed_days * DAY:
            self._count(old=1)
            return False
        return True

    def _task(self, row: Row, number: int) -> Iterator[str]:
        queue, created = self._queues[row["queue_id"]], self._time(row, "created_at")
        prompt, finished = prompts.prompt_of(row), row["status"] in ("succeeded", "failed")
        ended = self._ended(row) if finished else {}
        yield self._line(
            "tasks",
            id=number,
            queue_id=queue,
            status=row["status"] if finished else Status.QUEUED,
            position=number,
            title=title_of(prompt),
            tool=_label(row.get("tool_name"), DEFAULT_TOOL),
            task_class=_label(row.get("task_class"), "MEDIUM_SCRIPT"),
            timeout=_timeout(row),
            source="import",
            key=_key(row["id"]),
            revision=1,
            attempts=int(finished),
            created_at=created,
            worker=WORKER if finished else None,
            claimed_at=ended.get("claimed_at"),
            finished_at=ended.get("finished_at"),
            error_type=ended.get("error_type"),
        )
        yield self._line("prompts", task_id=number, revision=1, text=prompt, created_at=created)
        yield self._event(created, "enqueued", task_id=number, queue_id=queue)
        if finished:
            yield self._line("attempts", task_id=number, attempt=1, worker=WORKER, revision=1, **ended)
            yield self._event(ended["finished_at"], row["status"], task_id=number, queue_id=queue, attempt=1)
            self._count(finished=1)
            return
        if row["status"] == "running":
            yield self._event(self._now, "released", task_id=number, queue_id=queue, text=WAS_RUNNING)
        self._count(queued=1, again=int(row["status"] == "running"))

    def _ended(self, row: Row) -> dict[str, Any]:
        """Return the columns of the attempt that led to the outcome."""
        ended: dict[str, Any] = {
            "claimed_at": self._time(row, "claimed_at", "started_at", "created_at"),
            "finished_at": self._time(row, "finished_at", "updated_at", "created_at"),
            "outcome": row["status"],
        }
        if row["status"] == "succeeded":
            result, data = prompts.result_of(row)
            return ended | {"result": result or NO_RESULT, "data": data}
        error = prompts.cleaned(row.get("error")) or NO_ERROR
        return ended | {
            "error": error,
            "error_type": ErrorType.TIMEOUT if error.startswith("TIMEOUT:") else "error",
            "data": prompts.output_of(row),
        }

    def _time(self, row: Row, *columns: str) -> int:
        """Return the first of these times that the row has, in ms; now if it has none that can be read."""
        for column in columns:
            try:
                at = from_iso(row.get(column) or "")
            except (TypeError, ValueError, OverflowError):
                continue
            if 0 <= at <= LAST:
                return at
        return self._now


def _label(value: Any, default: str) -> str:
    """Return a label of the old project if it can be one here too."""
    try:
        return checked_label(value, "label") if isinstance(value, str) else default
    except InvalidName:
        return default


def _timeout(row: Row) -> int:
    timeout = row.get("timeout")
    return (
        timeout if type(timeout) is int and 1 <= timeout <= WEEK_SECONDS else BUILT_IN_CLASSES["MEDIUM_SCRIPT"].timeout
    )


def _key(old_id: Any) -> str | None:
    """Return the key by which the task of an old id is found again."""
    key = f"v1:{old_id}"
    return key if len(key) <= 100 and key.isascii() and key.isprintable() else None


def check_columns(present: Mapping[str, frozenset[str]]) -> None:
    """Refuse a database without the columns that are needed. Raises InvalidValue."""
    for table, needed in NEEDED.items():
        if missing := sorted(needed - present[table]):
            raise InvalidValue(
                f"The old database has no column {table}.{missing[0]}: this is not the last version of SparkQ 1.",
                "Open it once with the last version of SparkQ 1. To begin without it, move it away: sparkq setup",
            )
