"""The index of the search, which the searches update from the event log: enqueue and complete pay nothing for it."""

from sparkq_core import purged, words
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks.order import FORGET

BATCH_EVENTS = 500
"""Events that one transaction looks at, at most."""

BATCH_BYTES = 64 * 1024
"""Text that one transaction indexes, in about 4 ms; SQLite merges parts of the index in some, which takes 10 to 15. A longer
text is indexed alone: 1 MiB, the longest, in 45 ms."""

BATCH_SECONDS = 0.005
"""Seconds after which a transaction begins no other text."""

BATCH_LINES = 200
"""Lines of purged tasks that one transaction indexes, each of half a kilobyte."""

INDEX_SECONDS = 10.0
"""How long a search indexes before it answers with what it has indexed."""

INDEXED = "SELECT indexed_event FROM project"
SINCE = """
SELECT e.id, e.task_id, (SELECT max(l.id) FROM events AS l WHERE l.task_id = e.task_id)
FROM events AS e WHERE e.id > :after ORDER BY e.id LIMIT :limit
"""
SIZE = """
SELECT octet_length(title)
    + coalesce((SELECT octet_length(p.text) FROM prompts AS p WHERE p.task_id = t.id AND p.revision = t.revision), 0)
    + coalesce((
        SELECT sum(coalesce(octet_length(a.result), 0) + coalesce(octet_length(a.error), 0)
            + coalesce(octet_length(a.late_text), 0))
        FROM attempts AS a WHERE a.task_id = t.id
    ), 0)
FROM tasks AS t WHERE t.id = :task
"""
TEXTS = """
SELECT t.title, coalesce((SELECT p.text FROM prompts AS p WHERE p.task_id = t.id AND p.revision = t.revision), ''),
    coalesce((
        SELECT group_concat(concat_ws(' ', a.result, a.error, a.late_text), ' ') FROM attempts AS a WHERE a.task_id = t.id
    ), '')
FROM tasks AS t WHERE t.id = :task
"""
LEARN = "INSERT INTO search (rowid, title, prompt, outcome) VALUES (:task, :title, :prompt, :outcome)"
INDEXED_TO = "UPDATE project SET indexed_event = :event"
LINES_LEFT = "SELECT lines_to_index FROM project WHERE lines_to_index > 0"
LINES = "SELECT id FROM purged WHERE id <= :upto ORDER BY id DESC LIMIT :limit"
LINES_LEFT_NOW = "UPDATE project SET lines_to_index = :upto"


def update(sq: SparkQ) -> bool:
    """Index the tasks that changed since the last search, in small batches between which others write.

    Returns False if there are more than it indexes in INDEX_SECONDS.
    """
    end = sq.clock.monotonic() + INDEX_SECONDS
    pauses = 0
    while _is_behind(sq):
        if sq.clock.monotonic() >= end:
            return False
        for _ in range(pauses):
            sq.clock.pause()
        with sq.db.write() as tx:
            _lines(tx, int(left[0])) if (left := tx.row(LINES_LEFT)) else _batch(sq, tx)
        pauses = 2  # twice the sleep of a waiting writer, so that it mostly gets the lock before the next batch
    return True


def _is_behind(sq: SparkQ) -> bool:
    with sq.db.read() as tx:
        row = tx.row(INDEXED)
        return bool(tx.rows(SINCE, {"after": row[0] if row else 0, "limit": 1}) or tx.rows(LINES_LEFT))


def _batch(sq: SparkQ, tx: Transaction) -> None:
    """Index some tasks, each when its last event is reached: a task with many events is indexed once."""
    row = tx.row(INDEXED)
    reached = row[0] if row else 0
    end = sq.clock.monotonic() + BATCH_SECONDS
    room = BATCH_BYTES
    for event, task, last in tx.rows(SINCE, {"after": reached, "limit": BATCH_EVENTS}):
        if event == last:
            size = int((tx.row(SIZE, {"task": task}) or (0,))[0])
            is_first = room == BATCH_BYTES
            if not is_first and (size > room or sq.clock.monotonic() >= end):
                break
            tx.run(FORGET, {"task": task})
            for title, prompt, outcome in tx.rows(TEXTS, {"task": task}):
                texts = {"title": title, "prompt": prompt, "outcome": outcome}
                tx.run(LEARN, {"task": task} | {column: words.for_index(text) for column, text in texts.items()})
            room -= max(size, 1)
        reached = event
    tx.run(INDEXED_TO, {"event": reached})


def _lines(tx: Transaction, upto: int) -> None:
    """Index some lines of purged tasks that were there before the index."""
    rows = tx.rows(LINES, {"upto": upto, "limit": BATCH_LINES})
    for (task,) in rows:
        tx.run(FORGET, {"task": task})
        purged.learn(tx, task)
    tx.run(LINES_LEFT_NOW, {"upto": rows[-1][0] - 1 if len(rows) == BATCH_LINES else 0})
