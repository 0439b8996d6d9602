"""The lines of an export: the columns of each table, and what the value of each column can be.

What the doors refuse cannot come in by an import either: names, texts and numbers have the same limits here.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from sparkq_core import changes
from sparkq_core.changes.check_files import MOST
from sparkq_core.chats import MAX_PATH, MAX_WORD
from sparkq_core.clock import LAST
from sparkq_core.config.settings import WEEK_SECONDS
from sparkq_core.errors import InvalidValue, SparkQError
from sparkq_core.lifecycle import FINISHED_STATUSES, RELEASED, CheckOutcome, QueueStatus, SessionStatus, Status
from sparkq_core.purged import EXCERPT
from sparkq_core.queues.checks import MOST_CHECKS, checked_command
from sparkq_core.tasks import usage
from sparkq_core.tasks.check import TAIL
from sparkq_core.tasks.claim import MAX_WORKER
from sparkq_core.tasks.enqueue import MAX_KEY, SOURCES
from sparkq_core.tasks.release import MAX_QUESTION
from sparkq_core.tasks.settle import MAX_TYPE, as_json
from sparkq_core.text import MAX_TEXT, checked, checked_label, checked_name, safe
from sparkq_core.titles import MAX_TITLE
from sparkq_core.verdicts import DOORS

FORMAT = "sparkq-export"
CHANGES = "changes"
"""The lines that have the files of what an attempt changed, instead of rows of a table."""

MAX_NUMBER = 10**15
"""The largest id, position or count of an export: far below what SQLite and JSON hold, so that there is room to grow."""

MAX_SETTING = 256 * 1024
MAX_STATE = 16 * 1024
"""Bytes of a repository's state."""

KIND = re.compile("[a-z][a-z ]{0,39}")

Check = Callable[[Any, str], Any]
"""Returns the value as it can be stored; the text names the column. Raises SparkQError."""


def whole(low: int, high: int) -> Check:
    """Check a whole number from `low` to `high`."""

    def check(value: Any, what: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise InvalidValue(f"{what} is {shown(value)}, not a whole number from {low:,} to {high:,}.")
        return value

    return check


def text(limit: int, *, empty: bool = True) -> Check:
    """Check a text of at most `limit` bytes."""

    def check(value: Any, what: str) -> str:
        return checked(_text(value, what), what, limit=limit, empty=empty)

    return check


def name(noun: str) -> Check:
    """Check the name of a `noun`."""
    return lambda value, what: checked_name(_text(value, what), noun)


def optional(check: Check) -> Check:
    """Check a value that may be null."""
    return lambda value, what: None if value is None else check(value, what)


def one_of(*choices: str) -> Check:
    """Check one of a few words."""

    def check(value: Any, what: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise InvalidValue(f"{what} is {shown(value)}, not one of: {', '.join(choices)}.")
        return value

    return check


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"{what} is {shown(value)}, not a text.")
    return value


def _label(value: Any, what: str) -> str:
    return checked_label(_text(value, what), what)


def _title(value: Any, what: str) -> str:
    """Check a title. A blank one, as earlier versions made of characters that nobody sees, is replaced by the import."""
    title = checked(_text(value, what), what, empty=True)
    if len(title) > MAX_TITLE or len(title.splitlines()) > 1:
        raise InvalidValue(f"{what} is not one line of at most {MAX_TITLE} characters.")
    return title


def _word(limit: int) -> Check:
    """Check a word of a client, which is stored as it is shown."""
    return lambda value, what: safe(checked(_text(value, what), what, limit=MAX_TEXT, empty=True))[:limit]


def _kind(value: Any, what: str) -> str:
    if not KIND.fullmatch(_text(value, what)):
        raise InvalidValue(f"{what} is {shown(value)}, not the kind of an event.")
    return str(value)


def _data(value: Any, what: str) -> str | None:
    return as_json(_parsed(checked(_text(value, what), what, limit=MAX_TEXT), what))


def _setting(value: Any, what: str) -> str:
    _parsed(checked(_text(value, what), what, limit=MAX_SETTING), what)
    return str(value)


def _state(value: Any, what: str) -> str:
    """Check the state of a repository, with counts that can be shown."""
    state = _parsed(checked(_text(value, what), what, limit=MAX_STATE), what)
    if not changes.well_formed(state, MAX_NUMBER):
        raise InvalidValue(f"{what} is not valid.")
    return str(value)


def _usage(value: Any, what: str) -> str:
    """Check what an attempt cost, with numbers that can be shown."""
    if not usage.well_formed(_parsed(checked(_text(value, what), what, limit=MAX_STATE), what)):
        raise InvalidValue(f"{what} is not valid.")
    return str(value)


def _names(value: Any, what: str) -> str:
    """Check a list of file names."""
    names = _parsed(checked(_text(value, what), what, limit=MAX_STATE), what)
    if not isinstance(names, list) or len(names) > MOST or not all(isinstance(name, str) for name in names):
        raise InvalidValue(f"{what} is not valid.")
    for each in names:
        checked(each, what, limit=MAX_PATH)
    return str(value)


def _parsed(value: str, what: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"{what} is not valid JSON.") from error


def shown(value: Any) -> str:
    """Format a value of an export for an error."""
    try:
        return safe(json.dumps(value, ensure_ascii=False))[:60]
    except (ValueError, RecursionError):
        return "something else"


_ID = _COUNT_FROM_1 = whole(1, MAX_NUMBER)
_COUNT = whole(0, MAX_NUMBER)
_POSITION = whole(-MAX_NUMBER, MAX_NUMBER)
_TIME = whole(0, LAST)
_LONG = text(MAX_TEXT)
_WORKER = text(MAX_WORKER, empty=False)
_ERROR_TYPE = optional(text(MAX_TYPE))
_COMMAND: Check = lambda value, what: checked_command(_text(value, what))  # noqa: E731  # as short as its neighbours
_SETTLED = optional(one_of(Status.SUCCEEDED, Status.FAILED))

PROJECT: dict[str, Check] = {
    "name": text(1024),
    "created_at": _TIME,
    "looked_at": optional(_TIME),
}

TABLES: dict[str, dict[str, Check]] = {
    "config": {"key": text(1024, empty=False), "value": _setting},
    "sessions": {
        "id": _ID,
        "name": name("session"),
        "status": one_of(*SessionStatus),
        "created_at": _TIME,
        "ended_at": optional(_TIME),
    },
    "queues": {
        "id": _ID,
        "name": name("queue"),
        "session_id": optional(_ID),
        "status": one_of(*QueueStatus),
        "revision": _COUNT,
        "created_at": _TIME,
        "ended_at": optional(_TIME),
        "archived_at": optional(_TIME),
        "paused_at": optional(_TIME),
        "review_limit": optional(_COUNT_FROM_1),
        "check_command": optional(_COMMAND),
        "max_checks": whole(1, MOST_CHECKS),
    },
    "instructions": {"queue_id": _ID, "revision": _COUNT_FROM_1, "text": _LONG, "created_at": _TIME},
    "tasks": {
        "id": _ID,
        "queue_id": _ID,
        "status": one_of(*Status),
        "position": _POSITION,
        "title": _title,
        "tool": _label,
        "task_class": _label,
        "timeout": whole(1, WEEK_SECONDS),
        "source": one_of(*SOURCES),
        "key": optional(text(MAX_KEY, empty=False)),
        "revision": _COUNT_FROM_1,
        "attempts": _COUNT,
        "created_at": _TIME,
        "worker": optional(_WORKER),
        "claimed_at": optional(_TIME),
        "heartbeat_at": optional(_TIME),
        "stale_warned_at": optional(_TIME),
        "due_at": optional(_TIME),
        "finished_at": optional(_TIME),
        "reviewed_at": optional(_TIME),
        "error_type": _ERROR_TYPE,
        "late_at": optional(_TIME),
        "late_attempt": optional(_COUNT_FROM_1),
        "late_outcome": _SETTLED,
        "accepted_attempt": optional(_COUNT_FROM_1),
        "limit_until": optional(_TIME),
    },
    "prompts": {"task_id": _ID, "revision": _COUNT_FROM_1, "text": text(MAX_TEXT, empty=False), "created_at": _TIME},
    "chats": {
        "id": _ID,
        "client": _word(MAX_WORD),
        "version": optional(_word(MAX_WORD)),
        "session": optional(_word(MAX_WORD)),
        "cwd": optional(_word(MAX_PATH)),
        "model": optional(_word(MAX_WORD)),
        "first_at": _TIME,
        "last_at": _TIME,
        "gone_at": optional(_TIME),
        "gone_why": optional(_word(MAX_WORD)),
    },
    "attempts": {
        "task_id": _ID,
        "attempt": _COUNT_FROM_1,
        "worker": _WORKER,
        "revision": _COUNT_FROM_1,
        "claimed_at": _TIME,
        "heartbeat_at": optional(_TIME),
        "stale_warned_at": optional(_TIME),
        "finished_at": optional(_TIME),
        "outcome": optional(one_of(Status.SUCCEEDED, Status.FAILED, RELEASED)),
        "result": optional(_LONG),
        "data": optional(_data),
        "error": optional(_LONG),
        "error_type": _ERROR_TYPE,
        "late_outcome": _SETTLED,
        "late_text": optional(_LONG),
        "late_data": optional(_data),
        "late_at": optional(_TIME),
        "accepted_at": optional(_TIME),
        "git_before": optional(_state),
        "git_after": optional(_state),
        "chat_id": optional(_ID),
        "next_task": optional(_ID),
        "next_attempt": optional(_COUNT_FROM_1),
        "usage": optional(_usage),
        "question": optional(text(MAX_QUESTION, empty=False)),
        "answer": optional(_LONG),
        "answered_at": optional(_TIME),
        "client": optional(_word(MAX_WORD)),
        "client_version": optional(_word(MAX_WORD)),
        "model": optional(_word(MAX_WORD)),
    },
    "checks": {
        "task_id": _ID,
        "attempt": _COUNT_FROM_1,
        "number": _COUNT_FROM_1,
        "command": _COMMAND,
        "outcome": one_of(*CheckOutcome),
        "exit_code": optional(whole(-255, 255)),
        "started_at": _TIME,
        "duration_ms": _COUNT,
        "tail": text(3 * TAIL),
        "work_tree": optional(text(MAX_PATH, empty=False)),
        "same_tree": optional(whole(0, 1)),
        "touched": optional(_names),
    },
    "events": {
        "id": _ID,
        "at": _TIME,
        "kind": _kind,
        "task_id": optional(_ID),
        "queue_id": optional(_ID),
        "attempt": optional(_COUNT),
        "worker": optional(_WORKER),
        "text": optional(_LONG),
        "door": optional(one_of(*DOORS)),
    },
    "purged": {
        "id": _ID,
        "queue": name("queue"),
        "title": _title,
        "status": one_of(*FINISHED_STATUSES),
        "error_type": _ERROR_TYPE,
        "excerpt": text(EXCERPT),
        "change": optional(_state),
        "attempts": _COUNT,
        "finished_at": optional(_TIME),
        "reviewed_at": optional(_TIME),
        "purged_at": _TIME,
    },
}
"""The tables of an export in the order in which they can be read back, and the check of each column.

Counters, the last positions of a queue, and the last ids are not columns: they follow from the rows.
"""

COLUMNS = {table: ", ".join(checks) for table, checks in TABLES.items()}


CHANGE = {"task_id": _ID, "attempt": _COUNT_FROM_1, "files": lambda files, _: files}
"""The line of a change. `changes.carried` checks the files."""


def check_row(checks: dict[str, Check], row: Any) -> dict[str, Any]:
    """Return the row with the values that can be stored. Raises InvalidValue, which names the column."""
    if not isinstance(row, dict) or set(row) != set(checks):
        raise InvalidValue(_difference(checks, row))
    try:
        return {column: check(row[column], column) for column, check in checks.items()}
    except InvalidValue:
        raise
    except SparkQError as error:
        raise InvalidValue(error.message) from error


def _difference(checks: Iterable[str], row: Any) -> str:
    """Say which columns a row lacks, or has beside those of its table."""
    if not isinstance(row, dict):
        return "It is not a row of an export."
    missing, unknown = sorted(set(checks) - set(row)), sorted(set(row) - set(checks))
    if missing:
        return f"The column {missing[0]} is missing."
    return f"The column {safe(str(unknown[0]))[:60]!r} is not known."
