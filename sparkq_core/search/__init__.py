"""Full-text search over titles, prompts and outcomes, and over the lines of purged tasks.

The index is updated from the event log when somebody searches, so that it costs enqueue and complete nothing.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from sparkq_core import words as words_of
from sparkq_core.errors import Busy, InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.purged import LINE_COLUMNS, Line
from sparkq_core.search import indexing, snippets
from sparkq_core.search.snippets import Snippet as Snippet
from sparkq_core.stale import sweep_for_reader
from sparkq_core.storage import patience
from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import checked_limit, moment_and_id
from sparkq_core.storage.parameters import Values
from sparkq_core.tasks.lanes import THIN
from sparkq_core.tasks.listing import Wanted, checked_status, filter_values, start_after
from sparkq_core.text import safe

RANKED = 2000
"""The newest matches, which are compared; the others follow them, the newest first."""

TITLE_WEIGHT, OUTCOME_WEIGHT = 8.0, 3.0
"""How much more a match says in a title or an outcome than in a prompt."""

NEWEST = f"""
SELECT {TASK_COLUMNS} FROM (
    SELECT rowid AS match_id FROM search WHERE search MATCH :match AND rowid < :after
) CROSS JOIN tasks ON tasks.id = match_id
WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR instr(:status, status)) {THIN}
ORDER BY match_id DESC LIMIT :limit
"""
OLDEST = NEWEST.replace("rowid <", "rowid >").replace("match_id DESC", "match_id")
BEST = f"""
SELECT {TASK_COLUMNS} FROM (
    SELECT rowid AS match_id, bm25(search, {TITLE_WEIGHT}, 1.0, {OUTCOME_WEIGHT}) AS score FROM search
    WHERE search MATCH :match AND rowid <= :newest ORDER BY rowid DESC LIMIT {RANKED}
) CROSS JOIN tasks ON tasks.id = match_id
WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR instr(:status, status)) {THIN}
ORDER BY score, id DESC LIMIT :limit OFFSET :shown
"""
NEWEST_ID = "SELECT ifnull(max(id), 0) FROM tasks"
LAST_RANKED = f"""
SELECT rowid FROM search WHERE search MATCH :match AND rowid <= :newest ORDER BY rowid DESC LIMIT 1 OFFSET {RANKED - 1}
"""
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

AMONG_BEST = "b"
"""The first character of the cursors that continue among the compared matches. The rest is how many were shown, since
each page compares all of them, and the newest of them: later ones do not shift the pages."""

SORTS = ("best", "newest", "oldest")


class Found(NamedTuple):
    """A page of the matches of a search: `total` counts all tasks that match, `purged_total` all purged ones.

    `snippets` has for an id the place of the outcome or prompt that matches, or if only the title does, the beginning of
    the outcome. While it is still `indexing`, some of the newest tasks and texts are not found yet.
    """

    tasks: tuple[Task, ...]
    total: int
    next: str | None = None
    purged: tuple[Line, ...] = ()
    purged_total: int = 0
    indexing: bool = False
    snippets: Mapping[int, Snippet] = MappingProxyType({})


def find_page(
    sq: SparkQ,
    words: str,
    wanted: Wanted | None = None,
    *,
    sort: str = "",
    limit: int = 50,
    cursor: str | None = None,
) -> Found:
    """Return the tasks with all the `words` in title, prompt or outcome, and after them the purged tasks with all the
    words in what is left of them.

    `sort` is `best` (the default: a match in a title or an outcome comes before one in a prompt), `newest` or `oldest`.
    Only queue, status and review are known of a purged task: any other filter leaves it out. A word matches all words that
    begin with it; "two words" in double quotes match the phrase. Raises InvalidValue, NoSuchQueue, NoSuchSession.
    """
    match = words_of.query(words)
    wanted = wanted or Wanted()
    sort = sort or "best"
    if sort not in SORTS:
        raise InvalidValue(
            f"{safe(sort)!r} is not a way to sort the matches of a search.", "It can be best, newest or oldest."
        )
    checked_limit(limit)
    checked_status(wanted)
    sweep_for_reader(sq)
    is_complete = False
    with suppress(Busy), patience.for_reader():
        is_complete = indexing.update(sq)  # while another process holds the lock, the newest tasks are not found yet
    with sq.db.read() as tx:
        values = {**filter_values(tx, wanted), "match": match}
        found = Found((), _count(tx, TOTAL, values), indexing=not is_complete)
        lines_match = _lines_match(wanted, match)
        found = found._replace(purged_total=_count(tx, PURGED_TOTAL, lines_match) if lines_match else 0)
        newest = sort != "oldest"
        if not (cursor or "").startswith(AMONG_PURGED):
            tasks, more = _page(tx, values, sort, limit, cursor)
            found, cursor = found._replace(tasks=tuple(tasks), next=more), None
        if found.next is None and found.purged_total:
            found = _with_lines(tx, found, lines_match, newest, limit, cursor)
        return found._replace(snippets=_snippets(tx, found, snippets.patterns(words)))


def _count(db: Reader, sql: str, values: Values) -> int:
    row = db.row(sql, values)
    return int(row[0]) if row else 0


def _page(db: Reader, values: Values, sort: str, limit: int, cursor: str | None) -> tuple[list[Task], str | None]:
    """Return the tasks of a page, and the cursor of the next one."""
    tasks: list[Task] = []
    if sort == "best" and (cursor is None or cursor.startswith(AMONG_BEST)):
        shown, newest_id = moment_and_id(cursor.removeprefix(AMONG_BEST)) if cursor else (0, _count(db, NEWEST_ID, {}))
        values = {**values, "newest": newest_id}
        tasks = [Task(*row) for row in db.rows(BEST, {**values, "shown": shown, "limit": limit + 1})]
        if len(tasks) > limit:
            return tasks[:limit], f"{AMONG_BEST}{shown + limit}.{newest_id}"
        last = db.row(LAST_RANKED, values)
        if last is None:
            return tasks, None
        cursor = str(last[0])
    newest = sort != "oldest"
    room = limit - len(tasks)
    page = {"after": start_after(cursor, newest=newest), "limit": room + 1}
    rows = db.rows(NEWEST if newest else OLDEST, {**values, **page})
    tasks += [Task(*row) for row in rows[:room]]
    if len(rows) <= room:
        return tasks, None
    return tasks, str(tasks[-1].id) if room else cursor


def _snippets(db: Reader, found: Found, wanted: Sequence[re.Pattern[str]]) -> dict[int, Snippet]:
    of_tasks = {task.id: snippets.of_task(db, task.id, wanted) for task in found.tasks}
    parts = {line.id: "error" if line.status == Status.FAILED else "result" for line in found.purged}
    of_lines = {line.id: snippets.of_text(parts[line.id], line.excerpt, wanted) for line in found.purged}
    return {number: snippet for number, snippet in {**of_tasks, **of_lines}.items() if snippet is not None}


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


def _with_lines(tx: Reader, found: Found, match: Values | None, newest: bool, limit: int, cursor: str | None) -> Found:
    """Fill the page with purged tasks after the others."""
    start = start_after(cursor.removeprefix(AMONG_PURGED) if cursor else None, newest=newest)
    room = limit - len(found.tasks)
    rows = tx.rows(PURGED_NEWEST if newest else PURGED_OLDEST, {**(match or {}), "after": start, "limit": room + 1})
    lines = tuple(Line(*row) for row in rows[:room])
    if len(rows) <= room:
        return found._replace(purged=lines)
    return found._replace(purged=lines, next=f"{AMONG_PURGED}{lines[-1].id if lines else start}")
