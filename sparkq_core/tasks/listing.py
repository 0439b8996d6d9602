"""Lists of tasks, without their long texts.

Pages continue after a cursor, never after a count of rows: their cost does not grow with what was stored. Each
statement walks one index; the filters that have none thin out what it finds.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from sparkq_core import queues, sessions
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import FINISHED_STATUSES, Status
from sparkq_core.model import (
    TASK_COLUMNS,
    Queue,
    Task,
    TaskPage,
)
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import MAX_ID, checked_limit, number
from sparkq_core.storage.parameters import Values
from sparkq_core.text import safe

THIN = """
AND (:session IS NULL OR queue_id IN (SELECT q.id FROM queues AS q WHERE q.session_id = :session))
AND (:tool IS NULL OR tool = :tool) AND (:worker IS NULL OR worker = :worker)
AND (:since IS NULL OR created_at >= :since) AND (:until IS NULL OR created_at < :until)
AND (:reviewed IS NULL OR (finished_at IS NOT NULL AND (reviewed_at IS NOT NULL) = :reviewed))
"""
_FROM = f"SELECT {TASK_COLUMNS} FROM tasks WHERE"
_DOWN = f"id < :after {THIN} ORDER BY id DESC LIMIT :limit"
_UP = f"id > :after {THIN} ORDER BY id LIMIT :limit"

_RUNNING = f"SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_due WHERE status = 'running' AND"

ANY_NEWEST = f"{_FROM} {_DOWN}"
ANY_OLDEST = f"{_FROM} {_UP}"
STATUS_NEWEST = f"{_FROM} status = :status AND status <> 'running' AND {_DOWN}"
STATUS_OLDEST = f"{_FROM} status = :status AND status <> 'running' AND {_UP}"
QUEUE_NEWEST = f"{_FROM} queue_id = :queue AND {_DOWN}"
QUEUE_OLDEST = f"{_FROM} queue_id = :queue AND {_UP}"
QUEUE_STATUS_NEWEST = f"{_FROM} queue_id = :queue AND status = :status AND status <> 'running' AND {_DOWN}"
QUEUE_STATUS_OLDEST = f"{_FROM} queue_id = :queue AND status = :status AND status <> 'running' AND {_UP}"
RUNNING_NEWEST = f"{_RUNNING} (:queue IS NULL OR queue_id = :queue) AND {_DOWN}"
RUNNING_OLDEST = f"{_RUNNING} (:queue IS NULL OR queue_id = :queue) AND {_UP}"
QUEUED_IN_LINE = (
    f"{_FROM} queue_id = :queue AND status = 'queued' AND position > :after {THIN} ORDER BY position LIMIT :limit"
)

BY_ID = {
    # (queue given, status given and not running, newest first)
    (False, False, True): ANY_NEWEST,
    (False, False, False): ANY_OLDEST,
    (False, True, True): STATUS_NEWEST,
    (False, True, False): STATUS_OLDEST,
    (True, False, True): QUEUE_NEWEST,
    (True, False, False): QUEUE_OLDEST,
    (True, True, True): QUEUE_STATUS_NEWEST,
    (True, True, False): QUEUE_STATUS_OLDEST,
}


def _counters(status: str | None, reviewed: bool | None) -> list[str]:
    """The counters that make up the total of a filter."""
    statuses = [one for one in Status if status in (None, one) and (reviewed is None or one in FINISHED_STATUSES)]
    return [{None: one, False: f"unreviewed_{one}", True: f"{one} - unreviewed_{one}"}[reviewed] for one in statuses]


_TOTAL = """
SELECT coalesce(sum({}), 0) FROM queues
WHERE (:queue IS NULL OR id = :queue) AND (:session IS NULL OR session_id = :session)
"""
TOTALS = {
    (status, reviewed): _TOTAL.format(" + ".join(_counters(status, reviewed)) or "0")
    for status in (None, *Status)
    for reviewed in (None, False, True)
}
COUNT = f"""
SELECT count(*) FROM tasks WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR status = :status) {THIN}
"""
_ENDED = "finished_at >= :since AND queue_id = :queue"
ENDED = f"""
SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_inbox WHERE finished_at IS NOT NULL AND reviewed_at IS NULL AND {_ENDED}
"""
ENDED_REVIEWED = (
    f"SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_reviewed WHERE reviewed_at IS NOT NULL AND {_ENDED}"
)
FAILED_BEFORE = f"""
SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_by_queue_status
WHERE queue_id = :queue AND status = 'failed' AND status <> 'running' AND finished_at < :since AND reviewed_at IS NULL
"""
RUN_NOW = """
SELECT tasks.id FROM json_each(:handed) AS handed JOIN tasks ON tasks.id = CAST(handed.key AS INTEGER)
WHERE status = 'running' AND attempts = handed.value
"""
SORTS = ("newest", "oldest", "line")


class Wanted(NamedTuple):
    """Which tasks: all that are given must hold. `since` and `until` are UTC ms of the enqueue."""

    queue: str | None = None
    status: str | None = None
    session: str | None = None
    tool: str | None = None
    worker: str | None = None
    since: int | None = None
    until: int | None = None
    reviewed: bool | None = None

    @property
    def counted(self) -> bool:
        """True if the queues' counters know the total."""
        return all(value is None for value in (self.tool, self.worker, self.since, self.until))


def still_running(sq: SparkQ, attempts: Mapping[int, int]) -> set[int]:
    """Which of these tasks (id: attempt) are running now in just this attempt; ids of no task are passed over."""
    sweep(sq)
    return {int(row[0]) for row in sq.db.rows(RUN_NOW, {"handed": json.dumps(attempts)})}


def ended_since(sq: SparkQ, queue: Queue, since: int) -> tuple[Task, ...]:
    """The tasks of a queue that finished at `since` (UTC ms) or later, by id; their number is what it costs."""
    sweep(sq)
    values = {"queue": queue.id, "since": since}
    with sq.db.read() as tx:
        rows = [*tx.rows(ENDED, values), *tx.rows(ENDED_REVIEWED, values)]
    return tuple(sorted(Task(*row) for row in rows))


def failed_before(sq: SparkQ, queue: Queue, moment: int) -> tuple[Task, ...]:
    """The tasks of a queue that failed before `moment` (UTC ms) and that nobody has reviewed, by id.

    How many have failed, the reviewed ones until they are purged, is what it costs.
    """
    rows = sq.db.rows(FAILED_BEFORE, {"queue": queue.id, "since": moment})
    return tuple(sorted(Task(*row) for row in rows))


def list_page(
    sq: SparkQ, wanted: Wanted | None = None, *, sort: str = "", limit: int = 50, cursor: str | None = None
) -> TaskPage:
    """A page of at most `limit` (1 to 1,000) tasks, and the cursor of the next one.

    `sort` is `newest`, `oldest` or `line` (the order in which they will be claimed: only for the queued tasks of one
    queue, for which it is the default; else newest is). A cursor continues a page of the same filters and sort.
    Raises NoSuchQueue, NoSuchSession, InvalidValue.
    """
    wanted = wanted or Wanted()
    checked_limit(limit)
    checked_status(wanted)
    lines = wanted.queue is not None and wanted.status == Status.QUEUED
    sort = sort or ("line" if lines else "newest")
    if sort not in SORTS or (sort == "line" and not lines):
        raise InvalidValue(
            f"{safe(sort)!r} is not a way to sort these tasks.",
            "It can be newest or oldest; line for the queued tasks of one queue.",
        )
    sweep(sq)
    with sq.db.read() as tx:
        values = filter_values(tx, wanted)
        sql = _statement(wanted, sort)
        rows = tx.rows(sql, {**values, "after": start_after(cursor, newest=sort == "newest"), "limit": limit + 1})
        total = tx.row(TOTALS[wanted.status, wanted.reviewed] if wanted.counted else COUNT, values)
    tasks = tuple(Task(*row) for row in rows[:limit])
    more = str(tasks[-1].position if sort == "line" else tasks[-1].id) if len(rows) > limit else None
    return TaskPage(tasks, int(total[0]) if total else 0, more)


def _statement(wanted: Wanted, sort: str) -> str:
    """The statement that walks the index of what is wanted."""
    if sort == "line":
        return QUEUED_IN_LINE
    newest = sort == "newest"
    if wanted.status == Status.RUNNING:
        return RUNNING_NEWEST if newest else RUNNING_OLDEST
    return BY_ID[wanted.queue is not None, wanted.status is not None, newest]


def checked_status(wanted: Wanted) -> None:
    """Refuses a status that no task has. Raises InvalidValue."""
    if wanted.status is not None and wanted.status not in set(Status):
        raise InvalidValue(f"{safe(wanted.status)!r} is not a status.", f"It can be {', '.join(Status)}.")


def filter_values(db: Reader, wanted: Wanted) -> Values:
    """The values of a list's filters. Raises NoSuchQueue, NoSuchSession."""
    return {
        "queue": queues.get(db, wanted.queue).id if wanted.queue is not None else None,
        "session": sessions.get(db, wanted.session).id if wanted.session is not None else None,
        "status": wanted.status,
        "tool": wanted.tool,
        "worker": wanted.worker,
        "since": wanted.since,
        "until": wanted.until,
        "reviewed": wanted.reviewed,
    }


def start_after(cursor: str | None, *, newest: bool) -> int:
    """The id or position after which a page begins. Raises InvalidValue."""
    if cursor is None:
        return MAX_ID if newest else -MAX_ID
    return number(cursor)
