"""Full-text search over titles, prompts and outcomes, and over the lines of purged tasks.

The index is updated from the event log when somebody searches, so that it costs enqueue and complete nothing.
"""

import re
from contextlib import suppress
from typing import NamedTuple

from sparkq_core.errors import Busy, InvalidValue
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.purged import LINE_COLUMNS, Line
from sparkq_core.stale import READER_SECONDS, sweep_for_reader
from sparkq_core.storage import patience
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import checked_limit
from sparkq_core.storage.parameters import Values
from sparkq_core.tasks.listing import THIN, Wanted, checked_status, filter_values, start_after
from sparkq_core.tasks.order import FORGET
from sparkq_core.text import safe

BATCH_EVENTS = 500
"""Events that one transaction looks at, at most."""

BATCH_BYTES = 256 * 1024
"""Text that one transaction indexes, in about 10 ms. A longer text is indexed alone."""

BATCH_SECONDS = 0.01
"""Seconds after which a transaction begins no other text."""

INDEX_SECONDS = 10.0
"""How long a search indexes before it answers with what it has indexed."""

MAX_TERMS = 20
"""The most words and phrases of one search: each is a walk through the index."""

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
LEARN = """
INSERT INTO search (rowid, title, prompt, outcome)
SELECT t.id, t.title, (SELECT p.text FROM prompts AS p WHERE p.task_id = t.id AND p.revision = t.revision),
    (SELECT group_concat(concat_ws(' ', a.result, a.error, a.late_text), ' ') FROM attempts AS a WHERE a.task_id = t.id)
FROM tasks AS t WHERE t.id = :task
"""
INDEXED_TO = "UPDATE project SET indexed_event = :event"
NEWEST = f"""
SELECT {TASK_COLUMNS} FROM (
    SELECT rowid AS match_id FROM search WHERE search MATCH :match AND rowid < :after
) CROSS JOIN tasks ON tasks.id = match_id
WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR status = :status) {THIN}
ORDER BY id DESC LIMIT :limit
"""
OLDEST = NEWEST.replace("rowid <", "rowid >").replace("id DESC", "id")
TOTAL = f"""
SELECT count(*) FROM (SELECT rowid AS match_id FROM search WHERE search MATCH :match)
CROSS JOIN tasks ON tasks.id = match_id
WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR status = :status) {THIN}
"""

PURGED_NEWEST = f"""
SELECT {LINE_COLUMNS} FROM (
    SELECT rowid AS match_id FROM search WHERE search MATCH :match AND rowid < :after
) CROSS JOIN purged ON purged.id = match_id
WHERE (:queue IS NULL OR queue = :queue) AND (:status IS NULL OR status = :status)
AND (:reviewed IS NULL OR (reviewed_at IS NOT NULL) = :reviewed)
ORDER BY match_id DESC LIMIT :limit
"""
PURGED_OLDEST = PURGED_NEWEST.replace("rowid <", "rowid >").replace("match_id DESC", "match_id")
PURGED_TOTAL = """
SELECT count(*) FROM (SELECT rowid AS match_id FROM search WHERE search MATCH :match)
CROSS JOIN purged ON purged.id = match_id
WHERE (:queue IS NULL OR queue = :queue) AND (:status IS NULL OR status = :status)
AND (:reviewed IS NULL OR (reviewed_at IS NOT NULL) = :reviewed)
"""
AMONG_PURGED = "p"
"""The first character of the cursors that continue among the purged tasks, which come after all others."""


class Found(NamedTuple):
    """A page of the matches of a search: `total` counts all tasks that match, `purged_total` all purged ones.

    While it is still `indexing`, some of the newest tasks and texts are not found yet.
    """

    tasks: tuple[Task, ...]
    total: int
    next: str | None = None
    purged: tuple[Line, ...] = ()
    purged_total: int = 0
    indexing: bool = False


def find_page(
    sq: SparkQ,
    words: str,
    wanted: Wanted | None = None,
    *,
    sort: str = "",
    limit: int = 50,
    cursor: str | None = None,
) -> Found:
    """Return the tasks with all the `words` in title, prompt or outcome, `newest` (the default) or `oldest` first, and
    after them the purged tasks with all the words in what is left of them.

    Only queue, status and review are known of a purged task: any other filter leaves it out. A word matches all words that begin with it; "two words" in double quotes match the phrase. Raises InvalidValue,
    NoSuchQueue, NoSuchSession.
    """
    match = query(words)
    wanted = wanted or Wanted()
    newest = (sort or "newest") == "newest"
    if not newest and sort != "oldest":
        raise InvalidValue(
            f"{safe(sort)!r} is not a way to sort the matches of a search.", "It can be newest or oldest."
        )
    checked_limit(limit)
    checked_status(wanted)
    sweep_for_reader(sq)
    is_complete = False
    with suppress(Busy), patience.at_most(min(READER_SECONDS, patience.seconds())):
        is_complete = update(sq)  # while another process holds the lock, the newest tasks are not found yet
    with sq.db.read() as tx:
        values = {**filter_values(tx, wanted), "match": match}
        total = tx.row(TOTAL, values)
        lines_match = _lines_match(wanted, match)
        purged_total = tx.row(PURGED_TOTAL, lines_match) if lines_match else None
        found = Found(
            (), int(total[0]) if total else 0, None, (), int(purged_total[0]) if purged_total else 0, not is_complete
        )
        if not (cursor or "").startswith(AMONG_PURGED):
            after = {"after": start_after(cursor, newest=newest), "limit": limit + 1}
            tasks = [Task(*row) for row in tx.rows(NEWEST if newest else OLDEST, {**values, **after})]
            if len(tasks) > limit:
                return found._replace(tasks=tuple(tasks[:limit]), next=str(tasks[limit - 1].id))
            found, cursor = found._replace(tasks=tuple(tasks)), None
        return _with_lines(tx, found, lines_match, newest, limit, cursor) if found.purged_total else found


def _lines_match(wanted: Wanted, match: str) -> Values | None:
    """Return the SQL parameters for the lines that match, None if a filter is of what a line does not have."""
    if wanted.session is not None or not wanted.counted:
        return None
    return {"match": match, "queue": wanted.queue, "status": wanted.status, "reviewed": wanted.reviewed}


def _with_lines(
    tx: Transaction, found: Found, match: Values | None, newest: bool, limit: int, cursor: str | None
) -> Found:
    """Fill the page with purged tasks after the others."""
    start = start_after(cursor.removeprefix(AMONG_PURGED) if cursor else None, newest=newest)
    room = limit - len(found.tasks)
    rows = tx.rows(PURGED_NEWEST if newest else PURGED_OLDEST, {**(match or {}), "after": start, "limit": room + 1})
    lines = tuple(Line(*row) for row in rows[:room])
    if len(rows) <= room:
        return found._replace(purged=lines)
    return found._replace(purged=lines, next=f"{AMONG_PURGED}{lines[-1].id if lines else start}")


def query(words: str) -> str:
    """Convert typed words, at most 20, to an FTS5 query in which no character is an operator. Raises InvalidValue."""
    words = words.replace("\0", " ").encode("utf-8", "ignore").decode()
    parts = re.findall(r'"([^"]+)"|([^\s"]+)', words)
    terms = [
        f'"{phrase}"' if phrase else f'"{word}"*' for phrase, word in parts if re.search(r"[^\W_]", phrase or word)
    ]
    if not terms:
        raise InvalidValue("The search has no words.", 'Give words, or a phrase in double quotes: "date parser".')
    if len(terms) > MAX_TERMS:
        raise InvalidValue(
            f"The search has {len(terms)} words; at most {MAX_TERMS} are searched for.",
            "Leave some out, or put words that are together in double quotes: they count as one.",
        )
    return " AND ".join(terms)


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
            _batch(sq, tx)
        pauses = 2  # twice the sleep of a waiting writer, so that it mostly gets the lock before the next batch
    return True


def _is_behind(sq: SparkQ) -> bool:
    with sq.db.read() as tx:
        row = tx.row(INDEXED)
        return bool(tx.rows(SINCE, {"after": row[0] if row else 0, "limit": 1}))


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
            tx.run(LEARN, {"task": task})
            room -= max(size, 1)
        reached = event
    tx.run(INDEXED_TO, {"event": reached})
