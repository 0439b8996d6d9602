"""Hand a queued task to exactly one worker."""

from typing import NamedTuple

from sparkq_core import catalogue, chats, queues
from sparkq_core.chats import Caller
from sparkq_core.errors import WrongState
from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES, RELEASED, WARN_AFTER, QueueStatus, Status
from sparkq_core.model import TASK_OF_QUEUE_COLUMNS, Asked, Claim, Earlier, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments, gates
from sparkq_core.stale import sweep, sweep_within
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import checked

_HANDS_OUT = f"EXISTS (SELECT 1 FROM queues AS q WHERE q.id = tasks.queue_id AND {gates.OPEN})"
"""Within the UPDATE of the claim: what closes the gate of a queue is never between a look and a claim."""

HEAD = """
SELECT id, queue_id, attempts, revision FROM tasks WHERE queue_id = :queue AND status = 'queued' ORDER BY position LIMIT 1
"""
CLAIM = f"""
UPDATE tasks SET status = 'running', attempts = attempts + 1, worker = :worker, claimed_at = :now,
heartbeat_at = NULL, stale_warned_at = NULL, due_at = :now + {WARN_AFTER} * timeout * 1000
WHERE id = :id AND status = 'queued' AND {_HANDS_OUT}
"""
ATTEMPT_IN = """
INSERT INTO attempts (task_id, attempt, worker, revision, claimed_at) VALUES (:task, :attempt, :worker, :revision, :now)
"""
ATTEMPT_OF_CHAT_IN = """
INSERT INTO attempts (task_id, attempt, worker, revision, claimed_at, chat_id, client, client_version, model)
SELECT :task, :attempt, :worker, :revision, :now, c.id, c.client, c.version, c.model FROM chats AS c WHERE c.id = :chat
"""
PROMPT = "SELECT text FROM prompts WHERE task_id = :task AND revision = :revision"
FEEDBACK = """
SELECT text FROM events WHERE task_id = :task AND kind IN ('requeued', 'feedback', 'requeue undone')
ORDER BY id DESC LIMIT 1
"""
PACKET = f"""
SELECT {TASK_OF_QUEUE_COLUMNS}, ({PROMPT}), ({FEEDBACK}), q.queued, q.revision,
(SELECT i.text FROM instructions AS i WHERE i.queue_id = q.id AND i.revision = q.revision), q.check_command
FROM tasks AS t JOIN queues AS q ON q.id = t.queue_id WHERE t.id = :task
"""
EARLIER = f"""
SELECT a.attempt, a.worker, a.outcome,
    CASE WHEN a.outcome = 'failed' AND a.late_outcome = 'succeeded' THEN a.late_text ELSE coalesce(a.result, a.error) END,
    a.error_type FROM attempts AS a
WHERE a.task_id = :task AND a.attempt < :attempt ORDER BY a.outcome = '{RELEASED}', a.attempt DESC LIMIT 1
"""
ASKED = """
SELECT attempt, question, answer, (
    SELECT count(*) FROM attempts AS a WHERE a.task_id = :task AND a.answer IS NOT NULL
) FROM attempts WHERE task_id = :task AND answer IS NOT NULL ORDER BY attempt DESC LIMIT 1
"""
MAX_WORKER = 200


class Claimant(NamedTuple):
    """Who claims: the name of the worker, and the chat in which it works, if it does."""

    worker: str
    chat: Caller | None = None


class Head(NamedTuple):
    """A queued task that is to be claimed, as the transaction of the claim has found it. `attempts` are those before."""

    id: int
    queue_id: int
    attempts: int
    revision: int

    @classmethod
    def of(cls, task: Task) -> "Head":
        return cls(task.id, task.queue_id, task.attempts, task.revision)


def claim(
    sq: SparkQ, queue: str | None, worker: str, *, task_id: int | None = None, chat: Caller | None = None
) -> Claim | None:
    """Hand the head of the queue, or the queued task `task_id`, to `worker`; return None if the queue is
    empty, or if its gate is closed (see gates).

    `chat` is the chat in which the worker works, if it does; the claim has its id.

    No two claims ever get the same attempt. The claim lasts until it is settled or released, or until the worker has
    been silent for twice the timeout. Raises NoSuchQueue, NoSuchTask, WrongState if the task is not queued,
    QueueClosed for an archived queue, and for a given task QueueWaits if the gate of its queue is closed.
    """
    claimant = Claimant(checked_worker(worker), chat)
    if task_id is not None:
        sweep(sq)  # in its own transaction, so that a refusal does not undo it
    with sq.db.write() as tx:
        now = sq.clock.now()
        wanted = find(tx, task_id) if task_id is not None else None
        line = queues.by_id(tx, wanted.queue_id) if wanted and queue is None else queues.get(tx, queue or "")
        if line.status == QueueStatus.ARCHIVED:
            raise queues.closed(line)
        if wanted is not None and wanted.queue_id != line.id:
            raise WrongState(
                f"#{wanted.id} is in the queue {wanted.queue}, not in {line.name}.", f"Claim it from {wanted.queue}."
            )
        if wanted is None:
            return take(sq, tx, line.id, claimant, now)
        claimed = begin(sq, tx, Head.of(wanted), claimant, now)
        if claimed is None:
            gate = gates.of_queue(tx, line.id) if wanted.status == Status.QUEUED else None
            raise gates.closed(gate) if gate is not None else refused(tx, wanted.id, "claim")
        return claimed


def checked_worker(worker: str) -> str:
    """Return `worker` if it can be the name of a worker. Raises InvalidText."""
    return checked(worker, "worker name", limit=MAX_WORKER)


def take(sq: SparkQ, tx: Transaction, queue_id: int, claimant: Claimant, now: int) -> Claim | None:
    """Claim the head of the queue in the transaction of another verb; return None if the queue is empty, if its
    gate is closed, or if the chat was asked for fewer tasks."""
    sweep_within(sq, tx, now)
    if claimant.chat is not None and assignments.spent(tx, claimant.chat, queue_id, now):
        return None
    head = tx.row(HEAD, {"queue": queue_id})
    return begin(sq, tx, Head._make(head), claimant, now) if head is not None else None


def begin(sq: SparkQ, tx: Transaction, head: Head, claimant: Claimant, now: int) -> Claim | None:
    """Claim a queued task and begin its attempt, in the transaction that has found it; return None if it is not queued, or
    if the gate of its queue is closed."""
    worker, attempt = claimant.worker, head.attempts + 1
    if not tx.changed(CLAIM, {"id": head.id, "worker": worker, "now": now}):
        return None
    chat = chats.enter(tx, claimant.chat, now) if claimant.chat is not None else None
    tx.run(ATTEMPT_IN if chat is None else ATTEMPT_OF_CHAT_IN, {
        "task": head.id, "attempt": attempt, "worker": worker, "revision": head.revision, "now": now, "chat": chat,
    })  # fmt: skip
    note(tx, now, "claimed", task=head.id, queue=head.queue_id, attempt=attempt, worker=worker)
    return _packet(sq, tx, head.id, head.revision, chat)


def claim_again(sq: SparkQ, task_id: int, *, attempt: int) -> Claim:
    """Return the claim of a running attempt again, for the worker that holds it and goes on with it.

    Raises ClaimLost if the attempt no longer runs, NoSuchTask.
    """
    with sq.db.read() as tx:
        claim = running_claim(sq, tx, task_id, attempt)
        if claim is None:
            raise refused(tx, task_id, "claim", attempt)
        return claim


def running_claim(sq: SparkQ, tx: Transaction, task_id: int, attempt: int) -> Claim | None:
    """Return the claim of an attempt in the transaction of another verb, None if it no longer runs. Raises NoSuchTask."""
    task = find(tx, task_id)
    return (
        _packet(sq, tx, task.id, task.revision)
        if (task.status, task.attempts) == (MOVES["claim"].target, attempt)
        else None
    )


def _packet(sq: SparkQ, tx: Transaction, task_id: int, revision: int, chat: int | None = None) -> Claim:
    ((*columns, prompt, feedback, waiting, instructed, instructions, check),) = tx.rows(
        PACKET, {"task": task_id, "revision": revision}
    )
    task = Task._make(columns)
    before = {"task": task.id, "attempt": task.attempts}
    earlier, asked = (tx.row(EARLIER, before), tx.row(ASKED, before)) if task.attempts > 1 else (None, None)
    return Claim(
        task=task,
        prompt=prompt or "",
        how=catalogue.how(sq, task.tool),
        feedback=feedback,
        earlier=Earlier(*earlier) if earlier else None,
        remaining=waiting,
        instructions=instructions or "",
        instructions_revision=instructed,
        asked=Asked(*asked) if asked else None,
        chat_id=chat,
        check=check,
    )
