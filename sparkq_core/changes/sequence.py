"""The order in which attempts began and ended, by the event log: a clock may be set, and no clock moves the log."""

from sparkq_core.storage.database import Reader

ENDED = "kind IN ('succeeded', 'failed', 'released', 'asked', 'timed out')"
"""The condition of an event with which an attempt ended."""

BEGINNING = "SELECT min(id) FROM events WHERE task_id = :task AND attempt = :attempt AND kind = 'claimed'"
END = f"SELECT max(id) FROM events WHERE task_id = :task AND attempt = :attempt AND {ENDED}"


def begun(db: Reader, task: int, attempt: int) -> int:
    """Return the id of the event with which an attempt began; 0 if the log has none."""
    return _id(db, BEGINNING, task, attempt)


def ended(db: Reader, task: int, attempt: int) -> int:
    """Return the id of the event with which an attempt ended; 0 if it is running, or if the log has none."""
    return _id(db, END, task, attempt)


def _id(db: Reader, sql: str, task: int, attempt: int) -> int:
    row = db.row(sql, {"task": task, "attempt": attempt})
    return int(row[0] or 0) if row is not None else 0
