"""Queues: named FIFO lines with instructions for whoever works them."""

from sparkq_core import sessions
from sparkq_core.errors import NameTaken, NoSuchQueue, QueueClosed
from sparkq_core.events import note
from sparkq_core.lifecycle import WARN_AFTER, QueueStatus, SessionStatus
from sparkq_core.model import QUEUE_COLUMNS, Counts, Queue
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.text import checked, checked_name, nearest, safe

CREATE = f"""
INSERT INTO queues (name, session_id, created_at) VALUES (:name, :session, :now)
ON CONFLICT (name) DO NOTHING RETURNING {QUEUE_COLUMNS}
"""
GET = f"SELECT {QUEUE_COLUMNS} FROM queues WHERE name = :name"
BY_ID = f"SELECT {QUEUE_COLUMNS} FROM queues WHERE id = :id"
ALL = f"SELECT {QUEUE_COLUMNS} FROM queues WHERE :archived OR status <> 'archived' ORDER BY status, id"
NAMES = "SELECT name FROM queues ORDER BY status, id"
COUNTS = "SELECT id, queued, running, succeeded, failed, unreviewed_succeeded + unreviewed_failed FROM queues"
COUNTS_OF = f"{COUNTS} WHERE id = :queue"
WAITING = "SELECT queued FROM queues WHERE id = :queue"
STALE = f"""
SELECT queue_id, count(*) FROM tasks INDEXED BY tasks_due WHERE status = 'running'
AND (stale_warned_at IS NOT NULL OR coalesce(heartbeat_at, claimed_at) + {WARN_AFTER} * timeout * 1000 <= :now) GROUP BY queue_id
"""
INSTRUCT = f"UPDATE queues SET revision = revision + 1 WHERE id = :queue RETURNING {QUEUE_COLUMNS}"
INSTRUCTIONS_IN = (
    "INSERT INTO instructions (queue_id, revision, text, created_at) VALUES (:queue, :revision, :text, :now)"
)
INSTRUCTIONS = """
SELECT text FROM instructions WHERE queue_id = :queue ORDER BY revision DESC LIMIT 1
"""
BACK = "UPDATE queues SET back = back + 1 WHERE id = :queue AND status <> 'archived' RETURNING back"
"""For a task that comes back; a new one takes `back + 1` and a trigger counts it."""
FRONT = "UPDATE queues SET front = front - 1 WHERE id = :queue AND status <> 'archived' RETURNING front"
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
RENAME = f"UPDATE OR IGNORE queues SET name = :name WHERE id = :queue RETURNING {QUEUE_COLUMNS}"


def create(sq: SparkQ, name: str, *, instructions: str = "", session: str | None = None) -> Queue:
    """Make an empty queue. `instructions` (at most 1 MiB) are for whoever works it.

    Raises InvalidName, InvalidText, NameTaken, NoSuchSession, QueueClosed for an ended session.
    """
    checked_name(name, "queue")
    checked(instructions, "instructions", empty=True)
    now = sq.clock.now()
    with sq.db.write() as tx:
        owner = sessions.get(tx, session) if session is not None else None
        if owner is not None and owner.status == SessionStatus.ENDED:
            raise QueueClosed(
                f"The session {owner.name} has ended.", "Create the queue in another session, or in none."
            )
        row = tx.row(CREATE, {"name": name, "session": owner.id if owner else None, "now": now})
        if row is None:
            raise NameTaken(f"There is a queue {name} already.", "Take another name, or use the one that is there.")
        queue = Queue(*row)
        note(tx, now, "queue created", queue=queue.id)
        return _instruct(tx, queue, instructions, now) if instructions else queue


def get(db: Reader, name: str) -> Queue:
    """The queue called `name`. Raises NoSuchQueue, naming the nearest existing names."""
    row = db.row(GET, {"name": name})
    if row is None:
        raise no_such(db, name)
    return Queue(*row)


def by_id(db: Reader, queue_id: int) -> Queue:
    """The queue with this id. Raises NoSuchQueue."""
    row = db.row(BY_ID, {"id": queue_id})
    if row is None:
        raise NoSuchQueue(f"There is no queue with the id {queue_id}.", "List the queues to see which there are.")
    return Queue(*row)


def by_name(sq: SparkQ, name: str) -> Queue:
    """The queue called `name`. Raises NoSuchQueue."""
    return get(sq.db, name)


def with_id(sq: SparkQ, queue_id: int) -> Queue:
    """The queue with this id, whatever it is called now. Raises NoSuchQueue."""
    return by_id(sq.db, queue_id)


def taking(sq: SparkQ, name: str) -> Queue:
    """The queue called `name`, if it takes new tasks. Raises NoSuchQueue, QueueClosed."""
    queue = by_name(sq, name)
    if queue.status != QueueStatus.ACTIVE:
        raise closed(queue)
    return queue


def no_such(db: Reader, name: str) -> NoSuchQueue:
    """The refusal for an unknown name."""
    names = [str(one) for (one,) in db.rows(NAMES)]
    return NoSuchQueue(
        f"There is no queue {safe(name)!r}.", nearest(name, names) or "Create one with: sparkq queue create NAME"
    )


def all_of(sq: SparkQ, *, archived: bool = False) -> tuple[tuple[Queue, Counts], ...]:
    """Every queue with its counts, active ones first; archived ones only when asked for."""
    now = sq.clock.now()
    with sq.db.read() as tx:
        queues = [Queue(*row) for row in tx.rows(ALL, {"archived": archived})]
        totals = counts(tx, now)
    return tuple((queue, totals.get(queue.id, Counts())) for queue in queues)


def names(sq: SparkQ) -> tuple[str, ...]:
    """The names of all queues: for completion."""
    return tuple(str(name) for (name,) in sq.db.rows(NAMES))


def counts(db: Reader, now: int, queue_id: int | None = None) -> dict[int, Counts]:
    """The counts of every queue (or of one) by id, from kept counters: their cost does not grow with the tasks."""
    rows = db.rows(COUNTS) if queue_id is None else db.rows(COUNTS_OF, {"queue": queue_id})
    stale: dict[int, int] = dict(db.rows(STALE, {"now": now}))
    return {
        queue: Counts(queued, running, stale.get(queue, 0), succeeded, failed, unreviewed)
        for queue, queued, running, succeeded, failed, unreviewed in rows
    }


def counts_of(sq: SparkQ, queue: Queue) -> Counts:
    """The counts of one queue."""
    return counts(sq.db, sq.clock.now(), queue.id).get(queue.id, Counts())


def waiting(db: Reader, queue_id: int) -> int:
    """How many tasks of the queue are queued."""
    row = db.row(WAITING, {"queue": queue_id})
    return int(row[0]) if row else 0


def instructions_of(db: Reader, queue: Queue) -> str:
    """The instructions in force, empty when there are none."""
    row = db.row(INSTRUCTIONS, {"queue": queue.id})
    return str(row[0]) if row else ""


def instructions(sq: SparkQ, name: str) -> tuple[Queue, str]:
    """The queue and the instructions in force. Raises NoSuchQueue."""
    with sq.db.read() as tx:
        queue = get(tx, name)
        return queue, instructions_of(tx, queue)


def instructions_by_id(sq: SparkQ, queue_id: int) -> tuple[Queue, str]:
    """As `instructions`, of a queue that somebody may be renaming. Raises NoSuchQueue."""
    with sq.db.read() as tx:
        queue = by_id(tx, queue_id)
        return queue, instructions_of(tx, queue)


def instruct(sq: SparkQ, name: str, text: str) -> Queue:
    """Give the queue new instructions (at most 1 MiB; empty takes them away) and the next revision number.

    The same text again changes nothing. Raises NoSuchQueue, InvalidText.
    """
    return change(sq, name, instructions=text)


def change(sq: SparkQ, name: str, *, new: str | None = None, instructions: str | None = None) -> Queue:
    """Give the queue a `new` name, new instructions, or both at once. As `rename` and `instruct` in everything else."""
    if new is not None:
        checked_name(new, "queue")
    if instructions is not None:
        checked(instructions, "instructions", empty=True)
    now = sq.clock.now()
    with sq.db.write() as tx:
        queue = get(tx, name)
        if new is not None:
            queue = _rename(tx, queue, new, now)
        if instructions is not None and instructions != instructions_of(tx, queue):
            queue = _instruct(tx, queue, instructions, now)
        return queue


def _instruct(tx: Transaction, queue: Queue, text: str, now: int) -> Queue:
    row = tx.row(INSTRUCT, {"queue": queue.id})
    changed = Queue(*row) if row else queue
    tx.run(INSTRUCTIONS_IN, {"queue": queue.id, "revision": changed.revision, "text": text, "now": now})
    note(tx, now, "queue instructions", queue=queue.id)
    return changed


def next_position(tx: Transaction, queue: Queue, *, front: bool = False) -> int:
    """The next position at the end of the line, or before its head. Raises QueueClosed for an archived queue."""
    row = tx.row(FRONT if front else BACK, {"queue": queue.id})
    if row is None:
        raise closed(queue)
    return int(row[0])


def closed(queue: Queue) -> QueueClosed:
    """The refusal of a queue that has ended or is archived."""
    if queue.status == QueueStatus.ARCHIVED:
        return QueueClosed(
            f"The queue {queue.name} is archived: it takes and gives nothing.",
            f"Use another queue, or bring it back: sparkq queue unarchive {queue.name}",
        )
    return QueueClosed(
        f"The queue {queue.name} has ended: it takes no new tasks.",
        f"Use another queue, or reopen this one: sparkq queue reopen {queue.name}",
    )


def end(sq: SparkQ, name: str) -> Queue:
    """No new tasks from now on; workers drain what is there. Harmless on an ended queue. Raises NoSuchQueue, QueueClosed."""
    return _turn(sq, name, END, "queue ended", QueueStatus.ENDED)


def archive(sq: SparkQ, name: str) -> Queue:
    """Hide the queue: it takes and gives nothing, running tasks may still settle. Raises NoSuchQueue."""
    return _turn(sq, name, ARCHIVE, "queue archived", QueueStatus.ARCHIVED)


def unarchive(sq: SparkQ, name: str) -> Queue:
    """Bring an archived queue back as it was: active, or ended. Harmless on others. Raises NoSuchQueue."""
    return _turn(sq, name, UNARCHIVE, "queue unarchived", None)


def reopen(sq: SparkQ, name: str) -> Queue:
    """Let an ended queue take tasks again. Raises NoSuchQueue, QueueClosed for an archived one."""
    return _turn(sq, name, REOPEN, "queue reopened", QueueStatus.ACTIVE)


def _turn(sq: SparkQ, name: str, sql: str, event: str, wanted: QueueStatus | None) -> Queue:
    now = sq.clock.now()
    with sq.db.write() as tx:
        queue = get(tx, name)
        row = tx.row(sql, {"queue": queue.id, "now": now})
        if row is None:
            if wanted is None or queue.status == wanted:
                return queue
            raise closed(queue)
        note(tx, now, event, queue=queue.id)
        return Queue(*row)


def rename(sq: SparkQ, name: str, new: str) -> Queue:
    """Give the queue another name; its tasks and instructions stay with it. Raises NoSuchQueue, InvalidName, NameTaken."""
    return change(sq, name, new=new)


def _rename(tx: Transaction, queue: Queue, new: str, now: int) -> Queue:
    row = tx.row(RENAME, {"queue": queue.id, "name": new})
    if row is None:
        raise NameTaken(f"There is a queue {new} already.", "Take another name.")
    note(tx, now, "queue renamed", queue=queue.id, text=f"{queue.name} -> {new}")
    return Queue(*row)
