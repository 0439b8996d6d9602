"""Reading tasks: one with everything, or a page of a list without any long text.

Pages continue after a cursor, never after a count of rows: their cost does not grow with what was stored. Each
statement walks one index; the filters that have none thin out what it finds.
"""

from typing import NamedTuple

from sparkq_core import events, queues, sessions
from sparkq_core.db import Reader, Values
from sparkq_core.errors import InvalidValue
from sparkq_core.model import Attempt, Detail, Page, Task
from sparkq_core.project import SparkQ
from sparkq_core.row import COLUMNS
from sparkq_core.states import Status
from sparkq_core.sweep import sweep
from sparkq_core.tasks.claim import FEEDBACK, PROMPT
from sparkq_core.tasks.late import ATTEMPT_COLUMNS
from sparkq_core.tasks.refusal import MAX_ID, find
from sparkq_core.text import safe

THIN = """
AND (:session IS NULL OR queue_id IN (SELECT q.id FROM queues AS q WHERE q.session_id = :session))
AND (:tool IS NULL OR tool = :tool) AND (:worker IS NULL OR worker = :worker)
AND (:since IS NULL OR created_at >= :since) AND (:until IS NULL OR created_at < :until)
AND (:reviewed IS NULL OR (finished_at IS NOT NULL AND (reviewed_at IS NOT NULL) = :reviewed))
"""
NEWEST = " ORDER BY id DESC LIMIT :limit"

ANY = f"SELECT {COLUMNS} FROM tasks WHERE id < :after {THIN}{NEWEST}"
BY_STATUS = f"SELECT {COLUMNS} FROM tasks WHERE status = :status AND id < :after {THIN}{NEWEST}"
BY_QUEUE_STATUS = (
    f"SELECT {COLUMNS} FROM tasks WHERE queue_id = :queue AND status = :status AND id < :after {THIN}{NEWEST}"
)
BY_QUEUE = f"SELECT {COLUMNS} FROM tasks WHERE queue_id = :queue AND id < :after {THIN}{NEWEST}"
LINE = f"""
SELECT {COLUMNS} FROM tasks WHERE queue_id = :queue AND status = 'queued' AND position > :after {THIN}
ORDER BY position LIMIT :limit
"""

TOTAL = """
SELECT coalesce(sum(total), 0) FROM counts
WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR status = :status)
AND (:session IS NULL OR queue_id IN (SELECT q.id FROM queues AS q WHERE q.session_id = :session))
AND (:reviewed IS NULL OR (reviewed = :reviewed AND status IN (SELECT name FROM statuses WHERE finished)))
"""
COUNT = f"""
SELECT count(*) FROM tasks WHERE (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR status = :status) {THIN}
"""
ATTEMPTS = f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = :task ORDER BY attempt"
MAX_LIMIT = 1000


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
        """Whether the kept counters know the total."""
        return (self.tool, self.worker, self.since, self.until) == (None, None, None, None)


def get(sq: SparkQ, task_id: int) -> Task:
    """One task without its texts. Raises NoSuchTask."""
    sweep(sq)
    return find(sq.db, task_id)


def detail(sq: SparkQ, task_id: int) -> Detail:
    """One task with prompt, attempts and timeline. Raises NoSuchTask."""
    sweep(sq)
    with sq.db.read() as tx:
        task = find(tx, task_id)
        prompt = tx.row(PROMPT, {"task": task.id, "revision": task.revision})
        feedback = tx.row(FEEDBACK, {"task": task.id})
        return Detail(
            task,
            str(prompt[0]) if prompt else "",
            tuple(Attempt(*row) for row in tx.rows(ATTEMPTS, {"task": task.id})),
            events.of_task(tx, task.id),
            str(feedback[0]) if feedback else None,
        )


def page(sq: SparkQ, wanted: Wanted | None = None, *, limit: int = 50, cursor: str | None = None) -> Page:
    """A page of at most `limit` (1 to 1,000) tasks, and the cursor of the next one.

    Newest first; the queued tasks of one queue in the order in which they will be claimed. Raises NoSuchQueue,
    NoSuchSession, InvalidValue.
    """
    wanted = wanted or Wanted()
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidValue(f"A page of {limit} tasks is not possible.", f"Ask for 1 to {MAX_LIMIT:,}.")
    if wanted.status is not None and wanted.status not in set(Status):
        raise InvalidValue(f"{safe(wanted.status)!r} is not a status.", f"It can be {', '.join(Status)}.")
    sweep(sq)
    with sq.db.read() as tx:
        values = _values(tx, wanted)
        sql, in_line = _statement(wanted)
        start = _start(cursor, in_line)
        rows = tx.rows(sql, {**values, "after": start, "limit": limit + 1})
        total = tx.row(TOTAL if wanted.counted else COUNT, values)
    tasks = tuple(Task(*row) for row in rows[:limit])
    more = str(tasks[-1].position if in_line else tasks[-1].id) if len(rows) > limit else None
    return Page(tasks, int(total[0]) if total else 0, more)


def _values(source: Reader, wanted: Wanted) -> Values:
    return {
        "queue": queues.get(source, wanted.queue).id if wanted.queue is not None else None,
        "session": sessions.get(source, wanted.session).id if wanted.session is not None else None,
        "status": wanted.status,
        "tool": wanted.tool,
        "worker": wanted.worker,
        "since": wanted.since,
        "until": wanted.until,
        "reviewed": wanted.reviewed,
    }


def _statement(wanted: Wanted) -> tuple[str, bool]:
    """The statement for these filters, and whether it follows the line instead of the ids."""
    if wanted.queue is not None and wanted.status == Status.QUEUED:
        return LINE, True
    if wanted.queue is not None:
        return (BY_QUEUE_STATUS if wanted.status else BY_QUEUE), False
    return (BY_STATUS if wanted.status else ANY), False


def _start(cursor: str | None, in_line: bool) -> int:
    if cursor is None:
        return -MAX_ID if in_line else MAX_ID
    if not cursor.lstrip("-").isdecimal() or len(cursor) > 19:
        raise InvalidValue(
            f"{safe(cursor)[:40]!r} is not a cursor.", "Send the one that the previous page gave, or none."
        )
    return int(cursor)
