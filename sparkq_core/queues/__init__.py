"""Queues: named FIFO lines of tasks, with instructions for their workers."""

from sparkq_core import sessions
from sparkq_core.errors import NoSuchQueue, QueueClosed, Unseen
from sparkq_core.events import note
from sparkq_core.lifecycle import WARN_AFTER, QueueStatus, SessionStatus
from sparkq_core.model import COUNTS_COLUMNS, QUEUE_COLUMNS, Counts, Queue
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.queues.refusals import check_free
from sparkq_core.queues.refusals import closed as closed
from sparkq_core.stale import sweep_for_reader
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.text import checked, checked_name, nearest, safe

CREATE = f"""
INSERT INTO queues (name, session_id, created_at, review_limit) VALUES (:name, :session, :now, :limit)
RETURNING {QUEUE_COLUMNS}
"""
GET = f"SELECT {QUEUE_COLUMNS} FROM queues WHERE name = :name"
BY_ID = f"SELECT {QUEUE_COLUMNS} FROM queues WHERE id = :id"
ALL = f"SELECT {QUEUE_COLUMNS} FROM queues WHERE :archived OR status <> 'archived' ORDER BY status, id"
NAMES = "SELECT name FROM queues ORDER BY status, id"
COUNTS = f"SELECT id, {COUNTS_COLUMNS} FROM queues"
COUNTS_OF = f"{COUNTS} WHERE id = :queue"
WAITING = "SELECT queued FROM queues WHERE id = :queue"
HELD = "SELECT held FROM queues WHERE name = :queue"
WITH_WORK = f"""
SELECT name, queued FROM queues WHERE queued > 0 AND status <> 'archived' AND {gates.OPEN} ORDER BY id LIMIT :limit
"""
STALE = f"""
SELECT queue_id, count(*) FROM tasks INDEXED BY tasks_due WHERE status = 'running' AND limit_until IS NULL
AND (stale_warned_at IS NOT NULL OR coalesce(heartbeat_at, claimed_at) + {WARN_AFTER} * timeout * 1000 <= :now) GROUP BY queue_id
"""
INSTRUCT = f"UPDATE queues SET revision = revision + 1 WHERE id = :queue RETURNING {QUEUE_COLUMNS}"
INSTRUCTIONS_IN = (
    "INSERT INTO instructions (queue_id, revision, text, created_at) VALUES (:queue, :revision, :text, :now)"
)
INSTRUCTIONS = "SELECT text FROM instructions WHERE queue_id = :queue ORDER BY revision DESC LIMIT 1"
BACK = "UPDATE queues SET back = back + 1 WHERE id = :queue AND status <> 'archived' RETURNING back"
"""For a task that comes back. A new one is inserted at `back + 1`, and a trigger counts it."""
FRONT = "UPDATE queues SET front = front - :count WHERE id = :queue AND status <> 'archived' RETURNING front"
END = f"""
UPDATE queues SET status = 'ended', ended_at = :now WHERE id = :queue AND status = 'active' RETURNING {QUEUE_COLUMNS}
"""
ARCHIVE = f"""
UPDATE queues SET status = 'archived', archived_at = :now WHERE id = :queue AND status <> 'archived' RETURNING {QUEUE_COLUMNS}
"""
UNARCHIVE = f"""
UPDATE queues SET status = iif(ended_at IS NULL, 'active', 'ended'), archived_at = NULL
WHERE id = :queue AND status = 'archived' RETURNING {QUEUE_COLUMNS}
"""
REOPEN = f"""
UPDATE queues SET status = 'active', ended_at = NULL WHERE id = :queue AND status = 'ended' RETURNING {QUEUE_COLUMNS}
"""
LIMIT = f"UPDATE queues SET review_limit = :limit WHERE id = :queue RETURNING {QUEUE_COLUMNS}"
PAUSE = f"""
UPDATE queues SET paused_at = :now WHERE id = :queue AND status <> 'archived' AND paused_at IS NULL RETURNING {QUEUE_COLUMNS}
"""
RESUME = f"UPDATE queues SET paused_at = NULL WHERE id = :queue AND paused_at IS NOT NULL RETURNING {QUEUE_COLUMNS}"
RENAME = f"UPDATE queues SET name = :name WHERE id = :queue RETURNING {QUEUE_COLUMNS}"

UNCHANGED = 0
"""Instead of a review limit: `change` leaves it as it is."""


def create(
    sq: SparkQ, name: str, *, instructions: str = "", session: str | None = None, review_limit: int | None = None
) -> Queue:
    """Create an empty queue. `instructions` (at most 1 MiB) are for its workers.
    `review_limit` is how many tasks it hands out that you have not reviewed: 1 is strict, None any number.

    Raises InvalidName, InvalidText, InvalidValue, NameTaken, NoSuchSession, QueueClosed for an ended session.
    """
    checked_name(name, "queue")
    checked(instructions, "instructions", empty=True)
    gates.checked_limit(review_limit)
    now = sq.clock.now()
    with sq.db.write() as tx:
        owner = sessions.get(tx, session) if session is not None else None
        if owner is not None and owner.status == SessionStatus.ENDED:
            raise QueueClosed(
                f"The session {owner.name} has ended.", "Create the queue in another session, or in none."
            )
        check_free(tx, name)
        values = {"name": name, "session": owner.id if owner else None, "now": now, "limit": review_limit}
        queue = Queue(*tx.rows(CREATE, values)[0])
        note(tx, now, "queue created", queue=queue.id)
        return _instruct(tx, queue, instructions, now) if instructions else queue


def get(db: Reader, name: str) -> Queue:
    """Return the queue called `name`. Raises NoSuchQueue, which names the nearest existing names."""
    row = db.row(GET, {"name": name})
    if row is None:
        raise no_such(db, name)
    return Queue(*row)


def by_id(db: Reader, queue_id: int) -> Queue:
    """Return the queue with this id. Raises NoSuchQueue."""
    row = db.row(BY_ID, {"id": queue_id})
    if row is None:
        raise NoSuchQueue(f"There is no queue with the id {queue_id}.", "List the queues.")
    return Queue(*row)


def by_name(sq: SparkQ, name: str) -> Queue:
    """Return the queue called `name`. Raises NoSuchQueue."""
    return get(sq.db, name)


def with_id(sq: SparkQ, queue_id: int) -> Queue:
    """Return the queue with this id, which another process may have renamed. Raises NoSuchQueue."""
    return by_id(sq.db, queue_id)


def open_for_tasks(sq: SparkQ, name: str) -> Queue:
    """Return the queue called `name` if it accepts new tasks. Raises NoSuchQueue, QueueClosed."""
    queue = by_name(sq, name)
    if queue.status != QueueStatus.ACTIVE:
        raise closed(queue)
    return queue


def no_such(db: Reader, name: str) -> NoSuchQueue:
    """Return the error for an unknown name."""
    names = [str(existing) for (existing,) in db.rows(NAMES)]
    return NoSuchQueue(
        f"There is no queue {safe(name)!r}.", nearest(name, names) or "Create one with: sparkq queue create NAME"
    )


def all_of(sq: SparkQ, *, archived: bool = False) -> tuple[tuple[Queue, Counts], ...]:
    """Return every queue with its counts, active ones first; archived ones only with `archived`."""
    sweep_for_reader(sq)
    now = sq.clock.now()
    with sq.db.read() as tx:
        queues = [Queue(*row) for row in tx.rows(ALL, {"archived": archived})]
        totals = counts(tx, now)
    return tuple((queue, totals.get(queue.id, Counts())) for queue in queues)


def names(sq: SparkQ) -> tuple[str, ...]:
    """Return the names of all queues, for completion."""
    return tuple(str(name) for (name,) in sq.db.rows(NAMES))


def with_work(sq: SparkQ, limit: int = 10) -> list[tuple[str, int]]:
    """Return the first queues that hand out tasks now, each with their number."""
    return [(str(name), int(queued)) for name, queued in sq.db.rows(WITH_WORK, {"limit": limit})]


def counts(db: Reader, now: int, queue_id: int | None = None) -> dict[int, Counts]:
    """Return the counts of every queue (or of one) by id, from stored counters: the cost does not grow with the tasks."""
    rows = db.rows(COUNTS) if queue_id is None else db.rows(COUNTS_OF, {"queue": queue_id})
    stale: dict[int, int] = dict(db.rows(STALE, {"now": now}))
    return {queue: Counts(*counted)._replace(stale=stale.get(queue, 0)) for queue, *counted in rows}


def counts_of(sq: SparkQ, queue: Queue) -> Counts:
    """Return the counts of one queue."""
    sweep_for_reader(sq)
    return counts(sq.db, sq.clock.now(), queue.id).get(queue.id, Counts())


def waiting(db: Reader, queue_id: int) -> int:
    """Return how many tasks of the queue are queued."""
    row = db.row(WAITING, {"queue": queue_id})
    return int(row[0]) if row else 0


def held(db: Reader, name: str) -> int:
    """Return how many tasks of the queue wait for your answer, 0 if there is no such queue."""
    row = db.row(HELD, {"queue": name})
    return int(row[0]) if row else 0


def instructions_of(db: Reader, queue: Queue) -> str:
    """Return the present instructions, empty if there are none."""
    row = db.row(INSTRUCTIONS, {"queue": queue.id})
    return str(row[0]) if row else ""


def instructions(sq: SparkQ, name: str) -> tuple[Queue, str]:
    """Return the queue and its present instructions. Raises NoSuchQueue."""
    with sq.db.read() as tx:
        queue = get(tx, name)
        return queue, instructions_of(tx, queue)


def instructions_by_id(sq: SparkQ, queue_id: int) -> tuple[Queue, str]:
    """Return the same as `instructions` for a queue that may be renamed meanwhile. Raises NoSuchQueue."""
    with sq.db.read() as tx:
        queue = by_id(tx, queue_id)
        return queue, instructions_of(tx, queue)


def instruct(sq: SparkQ, name: str, text: str) -> Queue:
    """Set the instructions of a queue (at most 1 MiB; an empty text removes them) and raise their revision by one.

    The same text again changes nothing. Raises NoSuchQueue, InvalidText.
    """
    return change(sq, name, instructions=text)


def limit_reviews(sq: SparkQ, name: str, limit: int | None) -> Queue:
    """Hand out at most `limit` tasks that you have not reviewed (1 is strict), or any number with None.

    Running tasks count too. The same limit again changes nothing. Raises NoSuchQueue, InvalidValue.
    """
    gates.checked_limit(limit)
    return change(sq, name, review_limit=limit)


def change(
    sq: SparkQ,
    name: str,
    *,
    new: str | None = None,
    instructions: str | None = None,
    review_limit: int | None = UNCHANGED,
    revision: int | None = None,
) -> Queue:
    """Change several things in one transaction. With the `revision` of the instructions you saw, raise Unseen for others."""
    if review_limit != UNCHANGED:
        gates.checked_limit(review_limit)
    if new is not None:
        checked_name(new, "queue")
    if instructions is not None:
        checked(instructions, "instructions", empty=True)
    now = sq.clock.now()
    with sq.db.write() as tx:
        queue = get(tx, name)
        if revision not in (None, queue.revision):
            now_there = f"The instructions of {queue.name} have revision {queue.revision} by now"
            raise Unseen(f"{now_there}, and you saw revision {revision}.", "Look at the queue again.")
        if new is not None:
            queue = _rename(tx, queue, new, now)
        if instructions is not None and instructions != instructions_of(tx, queue):
            queue = _instruct(tx, queue, instructions, now)
        if review_limit not in (UNCHANGED, queue.review_limit):
            queue = Queue(*tx.rows(LIMIT, {"queue": queue.id, "limit": review_limit})[0])
            note(tx, now, "queue review limit", queue=queue.id, text=str(review_limit or "none"))
        return queue


def _instruct(tx: Transaction, queue: Queue, text: str, now: int) -> Queue:
    row = tx.row(INSTRUCT, {"queue": queue.id})
    changed = Queue(*row) if row else queue
    tx.run(INSTRUCTIONS_IN, {"queue": queue.id, "revision": changed.revision, "text": text, "now": now})
    note(tx, now, "queue instructions", queue=queue.id)
    return changed


def next_position(tx: Transaction, queue: Queue, *, front: bool = False) -> int:
    """Return the next position at the end of the queue, or at its front. Raises QueueClosed for an archived queue."""
    if front:
        return room_at_front(tx, queue, 1)
    row = tx.row(BACK, {"queue": queue.id})
    if row is None:
        raise closed(queue)
    return int(row[0])


def room_at_front(tx: Transaction, queue: Queue, count: int) -> int:
    """Return the first of `count` positions at the front of the queue. Raises QueueClosed for an archived queue."""
    row = tx.row(FRONT, {"queue": queue.id, "count": count})
    if row is None:
        raise closed(queue)
    return int(row[0])


def end(sq: SparkQ, name: str) -> Queue:
    """Accept no new tasks from now on; workers drain the rest. Harmless on an ended queue. Raises NoSuchQueue, QueueClosed."""
    return _set_status(sq, name, END, "queue ended", QueueStatus.ENDED)


def archive(sq: SparkQ, name: str) -> Queue:
    """Hide the queue: it neither accepts nor hands out tasks; running tasks can still be settled. Raises NoSuchQueue."""
    return _set_status(sq, name, ARCHIVE, "queue archived", QueueStatus.ARCHIVED)


def unarchive(sq: SparkQ, name: str) -> Queue:
    """Restore an archived queue to its status before: active or ended. Harmless on others. Raises NoSuchQueue."""
    return _set_status(sq, name, UNARCHIVE, "queue unarchived", None)


def reopen(sq: SparkQ, name: str) -> Queue:
    """Let an ended queue accept tasks again. Raises NoSuchQueue, QueueClosed for an archived one."""
    return _set_status(sq, name, REOPEN, "queue reopened", QueueStatus.ACTIVE)


def pause(sq: SparkQ, name: str) -> Queue:
    """Hand out no tasks from now on, until `resume`; the queue still accepts tasks, and running ones can be settled.

    Harmless on a paused queue. Raises NoSuchQueue, QueueClosed for an archived one.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        queue = get(tx, name)
        if queue.status == QueueStatus.ARCHIVED:
            raise closed(queue)
        return _changed(tx, queue, PAUSE, "queue paused", now)


def resume(sq: SparkQ, name: str) -> Queue:
    """Hand out the tasks of a paused queue again, to claims that wait too. Harmless on others. Raises NoSuchQueue."""
    with sq.db.write() as tx:
        return _changed(tx, get(tx, name), RESUME, "queue resumed", sq.clock.now())


def _changed(tx: Transaction, queue: Queue, sql: str, event: str, now: int) -> Queue:
    """Change a queue by `sql`, and log it as `event`; a queue that is so already stays as it is."""
    row = tx.row(sql, {"queue": queue.id, "now": now})
    if row is None:
        return queue
    note(tx, now, event, queue=queue.id)
    return Queue(*row)


def _set_status(sq: SparkQ, name: str, sql: str, event: str, target: QueueStatus | None) -> Queue:
    """Change a queue's status by `sql`; harmless if it has the `target` already, or with None on any other status."""
    now = sq.clock.now()
    with sq.db.write() as tx:
        queue = get(tx, name)
        row = tx.row(sql, {"queue": queue.id, "now": now})
        if row is None:
            if target is None or queue.status == target:
                return queue
            raise closed(queue)
        note(tx, now, event, queue=queue.id)
        return Queue(*row)


def rename(sq: SparkQ, name: str, new: str) -> Queue:
    """Give the queue another name; its tasks, instructions and purged lines stay with it. Raises NoSuchQueue,
    InvalidName, NameTaken."""
    return change(sq, name, new=new)


def _rename(tx: Transaction, queue: Queue, new: str, now: int) -> Queue:
    from sparkq_core import purged  # 1 ms at import, and no other verb needs it

    check_free(tx, new, besides=queue.id)
    row = tx.rows(RENAME, {"queue": queue.id, "name": new})[0]
    purged.follow(tx, queue.name, new)
    note(tx, now, "queue renamed", queue=queue.id, text=f"{queue.name} -> {new}")
    return Queue(*row)
