"""List tasks, without their long texts.

A page continues after a cursor, never after a number of rows, so that its cost does not grow with the store. It is merged
from lanes, the indexed lists of each queue and status; the filters without an index thin out their rows.
"""

from typing import NamedTuple

from sparkq_core import queues, sessions
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.model import TASK_COLUMNS, Queue, Task, TaskPage
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep_for_reader
from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import MAX_ID, checked_limit, number
from sparkq_core.storage.parameters import Values
from sparkq_core.tasks import lanes, moments
from sparkq_core.tasks.lanes import THIN
from sparkq_core.text import likely, safe

QUEUED_IN_LINE = f"""
SELECT {TASK_COLUMNS} FROM tasks WHERE queue_id = :queue AND status = 'queued' AND position > :after
AND id >= :low AND id < :high {THIN} ORDER BY position LIMIT :limit
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
WHERE queue_id = :queue AND status = 'failed' AND status NOT IN ('queued', 'running') AND finished_at < :since AND reviewed_at IS NULL
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
    def lanes(self) -> tuple[Status, ...]:
        """The statuses whose tasks can match."""
        return tuple(status for status in Status if not self.statuses or status in self.statuses)

    @property
    def is_of_any(self) -> bool:
        """True if tasks of any queue and any status can match."""
        return (self.queue, self.session, self.status, self.reviewed) == (None, None, None, None)

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
        values = {**filter_values(tx, wanted), "limit": limit + 1}
        if sort == "line":
            tasks, more = _in_line(tx, wanted, values, limit, cursor)
        else:
            after = start_after(cursor, newest=sort == "newest")
            tasks = _by_id(tx, wanted, wanted.lanes, {**values, "after": after}, newest=sort == "newest")
            more = str(tasks[limit - 1].id) if len(tasks) > limit else None
        total = total_of(tx, wanted, wanted.lanes, values)
    return TaskPage(tuple(tasks[:limit]), total, more)


def _by_id(db: Reader, wanted: Wanted, statuses: tuple[Status, ...], values: Values, *, newest: bool) -> list[Task]:
    """Return the first tasks after a key, as many as `limit`, in the order of their ids."""
    start = min(values["after"], values["high"]) if newest else max(values["after"], values["low"] - 1)
    values = {**values, "after": start}
    filled = lanes.filled(db, statuses, values)
    if filled and wanted.is_of_any and statuses == tuple(Status):
        return [Task(*row) for row in db.rows(lanes.ANY_NEWEST if newest else lanes.ANY_OLDEST, values)]
    is_thin = not wanted.counted or wanted.reviewed is not None
    return lanes.merged(db, filled, values, is_thin=is_thin, newest=newest)


def total_of(db: Reader, wanted: Wanted, statuses: tuple[Status, ...], values: Values) -> int:
    """Return how many tasks with these statuses match the filters."""
    filled = lanes.filled(db, statuses, values)
    if wanted.counted:
        return sum(lane.tasks for lane in filled)
    counted: list[Status | None] = [None] if len(statuses) == len(Status) else [*{lane.status for lane in filled}]
    rows = (db.row(lanes.COUNT, {**values, "status": status}) for status in (counted if filled else ()))
    return sum(int(row[0]) for row in rows if row)


def _in_line(
    db: Reader, wanted: Wanted, values: Values, limit: int, cursor: str | None
) -> tuple[list[Task], str | None]:
    """Return the queued tasks of a queue in the order of the claims and, unless only these are wanted, the others after
    them; and the cursor of the next page."""
    queued: list[Task] = []
    behind = (cursor or "").startswith(BEHIND_THE_LINE)
    if not behind:
        after = start_after(cursor, newest=False)
        queued = [Task(*row) for row in db.rows(QUEUED_IN_LINE, {**values, "after": after})]
        if len(queued) > limit:
            return queued[:limit], str(queued[limit - 1].position)
    if wanted.statuses:
        return queued, None
    newest = start_after((cursor or "").removeprefix(BEHIND_THE_LINE) if behind else None, newest=True)
    room = limit - len(queued)
    rest = tuple(status for status in Status if status != Status.QUEUED)
    others = _by_id(db, wanted, rest, {**values, "after": newest, "limit": room + 1}, newest=True)
    if len(others) <= room:
        return queued + others, None
    return queued + others[:room], f"{BEHIND_THE_LINE}{others[room - 1].id if room else newest}"


OTHER_WORDS = {
    **dict.fromkeys(("done", "completed", "complete", "finished", "ok", "success", "accepted"), Status.SUCCEEDED),
    **dict.fromkeys(("waiting", "pending", "open", "todo", "new"), Status.QUEUED),
    **dict.fromkeys(("in_progress", "in-progress", "active", "claimed", "started", "stale"), Status.RUNNING),
    **dict.fromkeys(("error", "errors", "broken", "timeout", "timed_out"), Status.FAILED),
    **dict.fromkeys(("asked", "question", "questions"), Status.HELD),
    **dict.fromkeys(("canceled", "dropped"), Status.CANCELLED),
}
"""What other programs, and the tables of this one, call the statuses."""


def checked_status(wanted: Wanted) -> None:
    """Check that each status exists. Raises InvalidValue."""
    for status in wanted.statuses:
        if status not in set(Status):
            meant = OTHER_WORDS.get(status.lower())
            near = f"Did you mean {meant}?" if meant else likely(status, Status)
            possible = f"It can be {', '.join(Status)}, or several of them with commas: queued,running"
            raise InvalidValue(f"{safe(status)!r} is not a status.", f"{near} {possible}".lstrip())


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
        **moments.ids_between(db, wanted.since, wanted.until)._asdict(),
    }


def start_after(cursor: str | None, *, newest: bool) -> int:
    """Return the id or position after which a page begins. Raises InvalidValue."""
    if cursor is None:
        return MAX_ID if newest else -MAX_ID
    return number(cursor)
