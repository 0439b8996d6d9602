"""Keep results that come after their attempt has ended: the worker is refused, and you may accept the result."""

from sparkq_core.errors import SparkQError, WrongState
from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES, ErrorType, Status
from sparkq_core.model import ATTEMPT_COLUMNS, TASK_COLUMNS, Attempt, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks.refusals import find, refused

ENDED = f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = :task AND attempt = :attempt AND outcome IS NOT NULL"
KEEP = """
UPDATE attempts SET late_outcome = :outcome, late_text = :text, late_data = :data, late_at = :now
WHERE task_id = :task AND attempt = :attempt
"""
UNREVIEWED = "UPDATE tasks SET late_at = :now, reviewed_at = NULL WHERE id = :task"
ACCEPT = f"""
UPDATE tasks SET status = :target, error_type = NULL, reviewed_at = :now, late_at = NULL
WHERE id = :id AND status = :from_status AND error_type = '{ErrorType.TIMEOUT}' RETURNING {TASK_COLUMNS}
"""
LAST_LATE = """
SELECT text FROM events WHERE task_id = :task AND kind = 'late' AND attempt = :attempt ORDER BY id DESC LIMIT 1
"""
ACCEPTED = "UPDATE attempts SET accepted_at = :now WHERE task_id = :task AND attempt = :attempt"


def ended(db: Reader, task_id: int, attempt: int) -> Attempt | None:
    """Return the attempt if it has ended."""
    row = db.row(ENDED, {"task": task_id, "attempt": storable(attempt)})
    return Attempt(*row) if row else None


def keep(tx: Transaction, task: Task, attempt: Attempt, outcome: str, text: str, data: str | None, now: int) -> bool:
    """Keep a text on the attempt that it belongs to, log it in the timeline, and make the task unreviewed again.

    A late failure does not replace a late result, and nothing replaces an accepted one. Returns False if the same text
    was kept before.
    """
    if attempt.late_outcome == outcome and attempt.late_text == text and attempt.late_data == data:
        return False
    last = tx.row(LAST_LATE, {"task": task.id, "attempt": attempt.attempt})
    failed = outcome == Status.FAILED
    if failed and last is not None and last[0] == text:
        return False
    would_replace_a_result = failed and attempt.late_outcome == Status.SUCCEEDED
    if attempt.accepted_at is None and not would_replace_a_result:
        tx.run(KEEP, {
            "task": task.id, "attempt": attempt.attempt, "outcome": outcome, "text": text, "data": data, "now": now,
        })  # fmt: skip
    tx.run(UNREVIEWED, {"task": task.id, "now": now})
    note(tx, now, "late", task=task.id, queue=task.queue_id, attempt=attempt.attempt, worker=attempt.worker, text=text)
    return True


def accept(sq: SparkQ, task_id: int) -> Task:
    """Accept the late result of a task that timed out: the task is then succeeded and reviewed.

    Raises NoSuchTask, WrongState if the task did not time out or has no late result.
    """
    with sq.db.write() as tx:
        task = find(tx, task_id)
        if not _timed_out(task):
            raise _not_late(refused(tx, task_id, "accept"))
        if not waits(tx, task):
            raise WrongState(
                f"#{task.id} timed out and no result has come since.", "Requeue it, with feedback if you have any."
            )
        return accept_within(tx, task, sq.clock.now())


def waits(db: Reader, task: Task) -> bool:
    """Return True if the task has a late result that can be accepted."""
    attempt = ended(db, task.id, task.attempts) if _timed_out(task) else None
    return attempt is not None and attempt.late_outcome == Status.SUCCEEDED


def accept_within(tx: Transaction, task: Task, now: int) -> Task:
    """Accept the late result of a task, as a part of a transaction."""
    move = MOVES["accept"]
    row = tx.row(ACCEPT, {"id": task.id, "from_status": move.from_status, "target": move.target, "now": now})
    assert row is not None
    tx.run(ACCEPTED, {"task": task.id, "attempt": task.attempts, "now": now})
    note(tx, now, "accepted", task=task.id, queue=task.queue_id, attempt=task.attempts)
    return Task(*row)


def _timed_out(task: Task) -> bool:
    return task.status == MOVES["accept"].from_status and task.timed_out


def _not_late(error: SparkQError) -> SparkQError:
    if isinstance(error, WrongState):
        return WrongState(error.message, "Only a task that timed out can have a late result to accept.")
    return error
