"""Checks that the rows of an import fit together, so that no command meets a state that no verb leads to."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import FINISHED_STATUSES, RELEASED, Status
from sparkq_core.storage.database import Transaction

PROMPTS_DIFFER = """
SELECT id FROM tasks WHERE revision <> (SELECT count(*) FROM prompts AS p WHERE p.task_id = tasks.id)
OR revision <> (SELECT max(p.revision) FROM prompts AS p WHERE p.task_id = tasks.id) LIMIT 1
"""
ATTEMPTS_DIFFER = """
SELECT id FROM tasks WHERE attempts <> (SELECT count(*) FROM attempts AS a WHERE a.task_id = tasks.id)
OR attempts <> (SELECT ifnull(max(a.attempt), 0) FROM attempts AS a WHERE a.task_id = tasks.id) LIMIT 1
"""
OPEN_DIFFER = """
SELECT id FROM tasks WHERE (status = 'running') <> (
    SELECT count(*) FROM attempts AS a WHERE a.task_id = tasks.id AND a.outcome IS NULL
) OR EXISTS (
    SELECT 1 FROM attempts AS a WHERE a.task_id = tasks.id AND a.outcome IS NULL AND a.attempt <> tasks.attempts
) LIMIT 1
"""
QUESTIONS_DIFFER = """
SELECT id FROM tasks WHERE status = 'held' AND NOT EXISTS (
    SELECT 1 FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts
    AND a.question IS NOT NULL AND a.answer IS NULL
) LIMIT 1
"""
REVISIONS_DIFFER = """
SELECT id FROM tasks WHERE EXISTS (
    SELECT 1 FROM attempts AS a WHERE a.task_id = tasks.id AND a.revision > tasks.revision
) LIMIT 1
"""
INSTRUCTIONS_DIFFER = """
SELECT id FROM queues WHERE revision <> (SELECT count(*) FROM instructions AS i WHERE i.queue_id = queues.id)
OR revision <> (SELECT ifnull(max(i.revision), 0) FROM instructions AS i WHERE i.queue_id = queues.id) LIMIT 1
"""
STILL_THERE = "SELECT p.id FROM purged AS p CROSS JOIN tasks AS t ON t.id = p.id LIMIT 1"

TOGETHER = (
    ("tasks", PROMPTS_DIFFER, "its prompts are not those of its revisions"),
    ("tasks", ATTEMPTS_DIFFER, "its attempts are not those that it counts"),
    ("tasks", OPEN_DIFFER, "its status and the outcomes of its attempts contradict each other"),
    ("tasks", QUESTIONS_DIFFER, "it is held, and its last attempt has no question that waits for an answer"),
    ("tasks", REVISIONS_DIFFER, "an attempt is of a prompt that it never had"),
    ("queues", INSTRUCTIONS_DIFFER, "its instructions are not those of its revisions"),
    ("purged", STILL_THERE, "a purged task cannot be there too"),
)
"""Each statement finds a row of the table that does not fit to others, and the text says why."""


class Problem(NamedTuple):
    """A row, by its table and id, that does not fit to others."""

    table: str
    id: int
    message: str


def alone(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row if its values fit together. Raises InvalidValue."""
    if table == "tasks":
        _task(row)
    elif table == "attempts":
        _same(row, "finished_at", "outcome")
        _same(row, "late_at", "late_outcome", "late_text")
        _same(row, "answer", "answered_at")
        if row["question"] is not None and row["outcome"] != RELEASED:
            raise InvalidValue("An attempt with a question needs the outcome released.")
        if row["answer"] is not None and row["question"] is None:
            raise InvalidValue("The row has no question, but answer.")
    return row


def _task(row: dict[str, Any]) -> None:
    running = row["status"] == Status.RUNNING
    for column, needed in (
        ("worker", running),
        ("claimed_at", running),
        ("due_at", running),
        ("finished_at", row["status"] in FINISHED_STATUSES),
    ):
        if needed and row[column] is None:
            raise InvalidValue(f"A {row['status']} task needs {column}.")
    if row["due_at"] is not None and not running:
        raise InvalidValue(f"A {row['status']} task cannot have due_at.")
    if row["limit_until"] is not None and not running:
        raise InvalidValue(f"A {row['status']} task cannot have limit_until.")
    _same(row, "late_at", "late_attempt", "late_outcome")
    for column in ("late_attempt", "accepted_attempt"):
        if row[column] is not None and row[column] > row["attempts"]:
            raise InvalidValue(f"{column} is {row[column]}, and the task has {row['attempts']} attempts.")


def _same(row: dict[str, Any], *columns: str) -> None:
    """Refuse a row with some of the columns, and without the others. Raises InvalidValue."""
    if len({row[column] is None for column in columns}) > 1:
        missing = next(column for column in columns if row[column] is None)
        raise InvalidValue(f"The row has no {missing}, but {' and '.join(c for c in columns if row[c] is not None)}.")


def together(tx: Transaction) -> Iterator[Problem]:
    """Yield the first row of each kind that does not fit to others."""
    for table, sql, message in TOGETHER:
        if (row := tx.row(sql)) is not None:
            yield Problem(table, int(row[0]), f"{message}.")
