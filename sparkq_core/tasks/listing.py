"""List tasks, without their long texts.

A page continues after a cursor, never after a number of rows, so that its cost does not grow with the store. Each
statement walks one index; the filters without an index thin out its rows.
"""

from typing import NamedTuple

from sparkq_core import queues, sessions
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import FINISHED_STATUSES, Status
from sparkq_core.model import TASK_COLUMNS, Queue, Task, TaskPage
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep_for_reader
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
QUEUE_WITHOUT_LINE = f"{_FROM} queue_id = :queue AND status <> 'queued' AND {_DOWN}"


def _counters(status: Status | None, reviewed: bool | None) -> list[str]:
    """Return the counters of a queue whose sum is the total of a filter."""
    statuses = list(Status) if status is None else [status]
    if reviewed is None:
        return [str(status) for status in statuses]
    finished = [status for status in statuses if status in FINISHED_STATUSES]
    return [f"{status} - unreviewed_{status}" if reviewed else f"unreviewed_{status}" for status in finished]


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
_ENDED = "news_at >= :since AND finished_at >= :since AND queue_id = :queue"
ENDED = f"""
SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_inbox WHERE news_at IS NOT NULL AND reviewed_at IS NULL AND {_ENDED}
"""
ENDED_REVIEWED = (
    f"SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_reviewed WHERE reviewed_at IS NOT NULL AND {_ENDED}"
)
FAILED_BEFORE = f"""
SELECT {TASK_COLUMNS} FROM tasks INDEXED BY tasks_by_queue_status
WHERE queue_id = :queue AND status = 'failed' AND status <> 'running' AND finished_at < :since AND reviewed_at IS NULL
"""
SORTS = ("newest", "oldest", "line")
BEHIND_THE_LINE = "t"
"""The first character of the cursors that continue behind the queued tasks of a queue."""


class Wanted(NamedTuple):
    """The filters of a list; a task must match all that are given. `status` is one or several: `queued,running`. `since`
    and `until` limit its enqueue, in UTC ms."""

    queue: str | None = None
    status: str | None = None
    session: str | None = None
    tool: str | None = None
    worker: str | None = None
    since: int | None = None
    until: int | None = None
    reviewed: bool | None = None

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that are asked for, each once; none for any."""
        return () if self.status is None else tuple(dict.fromkeys(part.strip() for part in self.status.split(",")))

    @property
    def counted(self) -> bool:
        """True if the counters of the queues give the total."""
        return all(value is None for value in (self.tool, self.worker, self.since, self.until))


def ended_since(sq: SparkQ, queue: Queue, since: int) -> tuple[Task, ...]:
    """Return the tasks of a queue that finished at `since` (UTC ms) or later, by id. The cost grows with their number."""
    sweep_for_reader(sq)
    values = {"queue": queue.id, "since": since}
    with sq.db.read() as tx:
        rows = [*tx.rows(ENDED, values), *tx.rows(ENDED_REVIEWED, values)]
    return tuple(sorted(Task(*row) for row in rows))


def failed_before(sq: SparkQ, queue: Queue, moment: int) -> tuple[Task, ...]:
    """Return the tasks of a queue that failed before `moment` (UTC ms) and are unreviewed, by id.

    The cost grows with the number of failed tasks, including the reviewed ones that are not purged yet.
    """
    rows = sq.db.rows(FAILED_BEFORE, {"queue": queue.id, "since": moment})
    return tuple(sorted(Task(*row) for row in rows))


def list_page(
    sq: SparkQ, wanted: Wanted | None = None, *, sort: str = "", limit: int = 50, cursor: str | None = None
) -> TaskPage:
    """Return a page of at most `limit` (1 to 1,000) tasks, and the cursor of the next page.

    `sort` is `newest` (the default), `oldest`, or `line`, which is for one queue: its queued tasks in the order of the
    claims, and after them the others, the newest first. It is the default for the queued tasks of a queue. A cursor
    continues a page of the same filters and the same sort. Raises NoSuchQueue, NoSuchSession, InvalidValue.
    """
    wanted = wanted or Wanted()
    checked_limit(limit)
    checked_status(wanted)
    has_line = wanted.queue is not None and wanted.statuses in ((), (Status.QUEUED,))
    sort = sort or ("line" if has_line and wanted.statuses else "newest")
    if sort not in SORTS or (sort == "line" and not has_line):
        raise InvalidValue(
            f"{safe(sort)!r} is not a way to sort these tasks.",
            "It can be newest or oldest; line for one queue, with all its tasks or the queued ones.",
        )
    sweep_for_reader(sq)
    with sq.db.read() as tx:
        values = filter_values(tx, wanted)
        if sort == "line":
            tasks, more = _in_line(tx, values, limit, cursor)
        else:
            tasks = _by_id(tx, wanted, values, limit, cursor, newest=sort == "newest")
            more = str(tasks[limit - 1].id) if len(tasks) > limit else None
        total = _total(tx, wanted, values)
    return TaskPage(tuple(tasks[:limit]), total, more)


def _by_id(db: Reader, wanted: Wanted, values: Values, limit: int, cursor: str | None, *, newest: bool) -> list[Task]:
    """Return one task more than the page has. Each status is read from its index, and the pages are merged."""
    page = {"after": start_after(cursor, newest=newest), "limit": limit + 1}
    tasks = [
        Task(*row)
        for status in wanted.statuses or (None,)
        for row in db.rows(_statement(wanted.queue, status, newest), {**values, "status": status, **page})
    ]
    if len(wanted.statuses) > 1:
        tasks.sort(key=lambda task: task.id, reverse=newest)
    return tasks[: limit + 1]


def _total(db: Reader, wanted: Wanted, values: Values) -> int:
    statuses: list[Status | None] = [*map(Status, wanted.statuses)] or [None]
    rows = (
        db.row(TOTALS[status, wanted.reviewed] if wanted.counted else COUNT, {**values, "status": status})
        for status in statuses
    )
    return sum(int(row[0]) for row in rows if row)


def _in_line(db: Reader, values: Values, limit: int, cursor: str | None) -> tuple[list[Task], str | None]:
    """Return the queued tasks of a queue in the order of the claims and, unless only these are wanted, the others after
    them; and the cursor of the next page."""
    queued: list[Task] = []
    behind = (cursor or "").startswith(BEHIND_THE_LINE)
    if not behind:
        after = start_after(cursor, newest=False)
        queued = [Task(*row) for row in db.rows(QUEUED_IN_LINE, {**values, "after": after, "limit": limit + 1})]
        if len(queued) > limit:
            return queued[:limit], str(queued[limit - 1].position)
    if values["status"] is not None:
        return queued, None
    newest = start_after((cursor or "").removeprefix(BEHIND_THE_LINE) if behind else None, newest=True)
    room = limit - len(queued)
    rows = db.rows(QUEUE_WITHOUT_LINE, {**values, "after": newest, "limit": room + 1})
    others = [Task(*row) for row in rows]
    if len(others) <= room:
        return queued + others, None
    return queued + others[:room], f"{BEHIND_THE_LINE}{others[room - 1].id if room else newest}"


def _statement(queue: str | None, status: str | None, newest: bool) -> str:
    """Return the statement that walks the best index for the filters."""
    if status == Status.RUNNING:
        return RUNNING_NEWEST if newest else RUNNING_OLDEST
    if queue is not None and status is not None:
        return QUEUE_STATUS_NEWEST if newest else QUEUE_STATUS_OLDEST
    if queue is not None:
        return QUEUE_NEWEST if newest else QUEUE_OLDEST
    if status is not None:
        return STATUS_NEWEST if newest else STATUS_OLDEST
    return ANY_NEWEST if newest else ANY_OLDEST


def checked_status(wanted: Wanted) -> None:
    """Check that each status exists. Raises InvalidValue."""
    for status in wanted.statuses:
        if status not in set(Status):
            raise InvalidValue(
                f"{safe(status)!r} is not a status.",
                f"It can be {', '.join(Status)}, or several of them with commas: queued,running",
            )


def filter_values(db: Reader, wanted: Wanted) -> Values:
    """Return the SQL parameters of the filters, several statuses with commas. Raises NoSuchQueue, NoSuchSession."""
    return {
        "queue": queues.get(db, wanted.queue).id if wanted.queue is not None else None,
        "session": sessions.get(db, wanted.session).id if wanted.session is not None else None,
        "status": ",".join(wanted.statuses) or None,
        "tool": wanted.tool,
        "worker": wanted.worker,
        "since": wanted.since,
        "until": wanted.until,
        "reviewed": wanted.reviewed,
    }


def start_after(cursor: str | None, *, newest: bool) -> int:
    """Return the id or position after which a page begins. Raises InvalidValue."""
    if cursor is None:
        return MAX_ID if newest else -MAX_ID
    return number(cursor)
