"""Full-text search over titles, prompts and outcomes, and over the lines of purged tasks.

The index is updated from the event log when somebody searches, so that it costs enqueue and complete nothing.
"""

from contextlib import suppress
from typing import NamedTuple

from sparkq_core import words as words_of
from sparkq_core.errors import Busy, InvalidValue
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.purged import LINE_COLUMNS, Line
from sparkq_core.search import indexing
from sparkq_core.stale import READER_SECONDS, sweep_for_reader
from sparkq_core.storage import patience
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import checked_limit
from sparkq_core.storage.parameters import Values
from sparkq_core.tasks.listing import THIN, Wanted, checked_status, filter_values, start_after
from sparkq_core.text import safe

NEWEST = f"""
SELECT {TASK_COLUMNS} FROM (
    SELECT rowid AS match_id FROM search WHERE search MATCH :match AND rowid < :after
) CROSS JOIN tasks ON tasks.id = match_id
WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR instr(:status, status)) {THIN}
ORDER BY id DESC LIMIT :limit
"""
OLDEST = NEWEST.replace("rowid <", "rowid >").replace("id DESC", "id")
TOTAL = f"""
SELECT count(*) FROM (SELECT rowid AS match_id FROM search WHERE search MATCH :match)
CROSS JOIN tasks ON tasks.id = match_id
WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR instr(:status, status)) {THIN}
"""

PURGED_NEWEST = f"""
SELECT {LINE_COLUMNS} FROM (
    SELECT rowid AS match_id FROM search WHERE search MATCH :match AND rowid < :after
) CROSS JOIN purged ON purged.id = match_id
WHERE (:queue IS NULL OR queue = :queue) AND (:status IS NULL OR instr(:status, status))
AND (:reviewed IS NULL OR (reviewed_at IS NOT NULL) = :reviewed)
ORDER BY match_id DESC LIMIT :limit
"""
PURGED_OLDEST = PURGED_NEWEST.replace("rowid <", "rowid >").replace("match_id DESC", "match_id")
PURGED_TOTAL = """
SELECT count(*) FROM (SELECT rowid AS match_id FROM search WHERE search MATCH :match)
CROSS JOIN purged ON purged.id = match_id
WHERE (:queue IS NULL OR queue = :queue) AND (:status IS NULL OR instr(:status, status))
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
    match = words_of.query(words)
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
        is_complete = indexing.update(sq)  # while another process holds the lock, the newest tasks are not found yet
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
    return {
        "match": match,
        "queue": wanted.queue,
        "status": ",".join(wanted.statuses) or None,
        "reviewed": wanted.reviewed,
    }


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
