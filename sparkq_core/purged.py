"""Purged tasks: the line that each of them leaves, and what the purges deleted and will delete next."""

from collections.abc import Sequence
from typing import NamedTuple

from sparkq_core.clock import DAY, day
from sparkq_core.lifecycle import RELEASED, Status
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import MAX_ID
from sparkq_core.text import counted

NOTICE = DAY
"""Milliseconds of observed time for which an unreviewed task is announced before the background purge deletes it."""

RECENT = 7 * DAY
"""Milliseconds for which the doors show what a purge has deleted."""

EXCERPT = 500
"""Bytes of a result that a line keeps: the first of a result, but the last of an error, which say most."""

MAX_LINES = 20_000
"""The newest lines that are kept, about 10 MB."""

KEEP = "Review what is unread, or keep a copy: sparkq export FILE"
"""What to do about unread results that will be purged."""

LINE_COLUMNS = """
id, queue, title, status, error_type, excerpt, change, attempts, finished_at, reviewed_at, purged_at
"""
LEAVE = f"""
SELECT id, (SELECT q.name FROM queues AS q WHERE q.id = queue_id), title, status, error_type,
    coalesce((
        SELECT CASE WHEN a.attempt = accepted_attempt THEN substr(a.late_text, 1, {EXCERPT})
            WHEN a.outcome = 'failed' THEN substr(a.error, -{EXCERPT}) ELSE substr(a.result, 1, {EXCERPT}) END
        FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = coalesce(accepted_attempt, attempts)
        AND a.outcome <> '{RELEASED}' AND tasks.status <> 'cancelled'
    ), ''),
    (
        SELECT iif(a.git_after LIKE '%"tree"%', json_remove(a.git_after, '$.tree', '$.carried'), a.git_after)
        FROM attempts AS a
        WHERE a.task_id = tasks.id AND a.attempt = coalesce(accepted_attempt, attempts)
    ),
    attempts, finished_at, reviewed_at
FROM tasks WHERE id = :id
"""
LINE_IN = f"""
INSERT OR REPLACE INTO purged ({LINE_COLUMNS}) VALUES (:id, :queue, :title, :status, :error_type, :excerpt, :change,
    :attempts, :finished_at, :reviewed_at, :purged_at)
"""
LEARN_LINE = "INSERT INTO search (rowid, title, prompt, outcome) VALUES (:id, :title, '', :excerpt)"
OF_TASK = f"SELECT {LINE_COLUMNS} FROM purged WHERE id = :id"
BEYOND = "SELECT id FROM purged ORDER BY id DESC LIMIT -1 OFFSET :kept"
DROP = "DELETE FROM purged WHERE id = :id"
OF_RENAMED = "UPDATE purged SET queue = :new WHERE queue = :old"
NEXT = """
SELECT count(*), min(m.observed_ms), (SELECT observed_ms FROM project)
FROM purge_marks AS m CROSS JOIN tasks AS t ON t.id = m.task_id
WHERE NOT m.reviewed AND t.reviewed_at IS NULL AND t.news_at = m.due_since
AND t.queue_id NOT IN (SELECT q.id FROM queues AS q WHERE q.status = 'archived')
"""
LAST = "SELECT coalesce(sum(reviewed), 0), coalesce(sum(unreviewed), 0), max(at) FROM purges WHERE at > :since AND at <= :now"


class Line(NamedTuple):
    """What is left of a purged task. `excerpt` is of its outcome, `change` JSON of the size of its change; times in UTC ms."""

    id: int
    queue: str
    title: str
    status: str
    error_type: str | None
    excerpt: str
    change: str | None
    attempts: int
    finished_at: int | None
    reviewed_at: int | None
    purged_at: int


class News(NamedTuple):
    """What the background purge does: `next_unreviewed` tasks go, the first not before `next_at` (UTC ms).

    `reviewed` and `unreviewed` tasks went in the last seven days, the last of them at `last_at`; None if none.
    """

    next_unreviewed: int = 0
    next_at: int | None = None
    reviewed: int = 0
    unreviewed: int = 0
    last_at: int | None = None


def leave(tx: Transaction, task_ids: Sequence[int], now: int) -> None:
    """Keep a line of each task, which a search finds. The caller then deletes the tasks, which the index has forgotten."""
    for task_id in task_ids:
        line = Line(*(*tx.rows(LEAVE, {"id": task_id})[0], now))
        line = line._replace(excerpt=_in_bytes(line.excerpt, last=line.status == Status.FAILED))
        tx.run(LINE_IN, line._asdict())
        learn(tx, task_id)


def follow(tx: Transaction, old: str, new: str) -> None:
    """Let the lines of a queue have its new name. It takes at most a quarter of a second, for MAX_LINES of one queue."""
    tx.run(OF_RENAMED, {"old": old, "new": new})


def learn(tx: Transaction, task_id: int) -> None:
    """Let a search find the line of a task."""
    from sparkq_core import words  # only a purge and an import need it

    line = of_task(tx, task_id)
    if line is not None:
        shown = {"title": words.for_index(line.title), "excerpt": words.for_index(line.excerpt)}
        tx.run(LEARN_LINE, {"id": task_id, **shown})


def _in_bytes(text: str, *, last: bool) -> str:
    """Return the first bytes of a text, or the last, without half a character."""
    encoded = text.encode()
    return (encoded[-EXCERPT:] if last else encoded[:EXCERPT]).decode(errors="ignore").strip()


def of_task(db: Reader, task_id: int) -> Line | None:
    """Return the line of a purged task, None if it left none."""
    row = db.row(OF_TASK, {"id": task_id}) if 0 < task_id <= MAX_ID else None
    return Line(*row) if row else None


def ended(line: Line) -> str:
    """Describe when a task was purged and how it had ended: `was purged on 3 December 2026; it had succeeded`."""
    outcome = "been cancelled" if line.status == Status.CANCELLED else line.status
    unread = " and was not reviewed" if line.reviewed_at is None else ""
    return f"was purged on {day(line.purged_at)}; it had {outcome}{unread}"


def news(sq: SparkQ) -> News:
    """Return what the background purge will delete unread, and what purges have deleted in the last seven days."""
    now = sq.clock.now()
    with sq.db.read() as tx:
        ((unreviewed, marked, observed),) = tx.rows(NEXT)
        ((gone, gone_unreviewed, last_at),) = tx.rows(LAST, {"since": now - RECENT, "now": now})
    next_at = now + max(marked + NOTICE - observed, 0) if unreviewed else None
    return News(unreviewed, next_at, gone, gone_unreviewed, last_at)


def sentences(news: News) -> list[str]:
    """Say what purges have deleted lately, and what the background purge will delete unread."""
    said = []
    if news.last_at is not None:
        gone = counted(news.reviewed + news.unreviewed, "task")
        said.append(f"{gone} purged in the last 7 days, {news.unreviewed} of them unreviewed.")
    if news.next_at is not None:
        said.append(f"{next_goes(news)}. {KEEP}")
    return said


def next_goes(news: News) -> str:
    """Say how many unread results will be purged, and not before when; empty if none."""
    if news.next_at is None:
        return ""
    return f"{counted(news.next_unreviewed, 'unread result')} will be purged, not before {day(news.next_at)}"
