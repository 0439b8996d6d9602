"""The append-only log of events: the timeline of each task, and the feed that the doors follow."""

from sparkq_core.model import EVENT_COLUMNS, Event
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction

NOTE = """
INSERT INTO events (at, kind, task_id, queue_id, attempt, worker, text, door)
VALUES (:at, :kind, :task, :queue, :attempt, :worker, :text, :door)
"""
NOTE_AS = """
INSERT INTO events (id, at, kind, queue_id, text) VALUES (:id, :at, :kind, :queue, :text)
"""

DELETED = "UPDATE project SET deleted_event = :event"
"""What is left of deleted texts in the file is then to be cleaned away: see maintenance.cleaning."""

AFTER = f"""
SELECT {EVENT_COLUMNS} FROM events
WHERE id > :after ORDER BY id LIMIT :limit
"""

OF_TASK = f"""
SELECT {EVENT_COLUMNS} FROM (
    SELECT * FROM events WHERE task_id = :task ORDER BY id DESC LIMIT :limit
) ORDER BY id
"""

LAST_OF_TASK = "SELECT kind, text FROM events WHERE task_id = :task ORDER BY id DESC LIMIT 1"

PAGE = 500
"""How many events a follower reads at once."""

RELOADED = "SELECT EXISTS (SELECT 1 FROM events WHERE id > :after AND kind = 'reloaded')"
LAST = "SELECT coalesce(max(id), 0) FROM events"
"""Every event has a higher id than all before it, even if those were deleted: see `note_deleted`."""


def note(
    tx: Transaction,
    at: int,
    kind: str,
    *,
    task: int | None = None,
    queue: int | None = None,
    attempt: int | None = None,
    worker: str | None = None,
    text: str | None = None,
    door: str | None = None,
) -> None:
    """Log an event in the transaction that makes it happen."""
    tx.run(NOTE, {
        "at": at, "kind": kind, "task": task, "queue": queue, "attempt": attempt, "worker": worker, "text": text,
        "door": door,
    })  # fmt: skip


def newest(db: Reader) -> int:
    """Return the id of the newest event, 0 if there is none."""
    row = db.row(LAST)
    return int(row[0]) if row else 0


def note_deleted(tx: Transaction, at: int, kind: str, newest: int, *, queue: int | None = None, text: str) -> None:
    """Log that tasks were deleted with their events.

    `newest` was the newest event before that. It may be deleted too, and its id must not be used again: followers of
    the feed would miss the new event with that id.
    """
    tx.run(NOTE_AS, {"id": newest + 1, "at": at, "kind": kind, "queue": queue, "text": text})
    tx.run(DELETED, {"event": newest + 1})


def of_task(db: Reader, task_id: int, limit: int = 1000) -> tuple[Event, ...]:
    """Return the last `limit` events of a task, oldest first."""
    return tuple(Event(*row) for row in db.rows(OF_TASK, {"task": task_id, "limit": limit}))


def last_of_task(db: Reader, task_id: int) -> tuple[str, str | None] | None:
    """Return the kind and the text of the last event of a task."""
    row = db.row(LAST_OF_TASK, {"task": task_id})
    return (str(row[0]), row[1]) if row else None


def after(sq: SparkQ, event_id: int, limit: int = PAGE) -> tuple[Event, ...]:
    """Return the next `limit` events after `event_id`, oldest first.

    One transaction may write more events than the limit: a follower reads on until there are none.
    """
    return tuple(Event(*row) for row in sq.db.rows(AFTER, {"after": event_id, "limit": limit}))


def reloaded(sq: SparkQ, event_id: int) -> bool:
    """Return True if a reload of the configuration was requested after `event_id`."""
    row = sq.db.row(RELOADED, {"after": event_id})
    return bool(row and row[0])


def last(sq: SparkQ) -> int:
    """Return the id of the newest event, 0 if there is none: a new follower of the feed starts there."""
    return newest(sq.db)
