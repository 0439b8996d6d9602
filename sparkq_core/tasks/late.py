"""Results that came after their attempt had ended: refused to the worker, kept for the person, who may accept them."""

from sparkq_core.db import Reader, Transaction
from sparkq_core.errors import SparkQError, WrongState
from sparkq_core.events import note
from sparkq_core.model import Attempt, Task
from sparkq_core.paging import storable
from sparkq_core.project import SparkQ
from sparkq_core.row import ATTEMPT_COLUMNS, COLUMNS
from sparkq_core.states import MOVES
from sparkq_core.tasks.refusal import find, refused

ENDED = f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = :task AND attempt = :attempt AND outcome IS NOT NULL"
KEEP = """
UPDATE attempts SET late_outcome = :outcome, late_text = :text, late_data = :data, late_at = :now
WHERE task_id = :task AND attempt = :attempt
"""
ACCEPT = f"""
UPDATE tasks SET status = :target, error_type = NULL, reviewed_at = :now
WHERE id = :id AND status = :source AND error_type = 'timeout' RETURNING {COLUMNS}
"""
LAST_SAID = """
SELECT text FROM events WHERE task_id = :task AND kind = 'late' AND attempt = :attempt ORDER BY id DESC LIMIT 1
"""
ACCEPTED = "UPDATE attempts SET accepted_at = :now WHERE task_id = :task AND attempt = :attempt"


def ended(source: Reader, task_id: int, attempt: int) -> Attempt | None:
    """The attempt, if it has ended."""
    row = source.row(ENDED, {"task": task_id, "attempt": storable(attempt)})
    return Attempt(*row) if row else None


def keep(tx: Transaction, task: Task, attempt: Attempt, outcome: str, text: str, data: str | None, now: int) -> None:
    """Keep a text on the attempt that it belongs to; every late text stands in the timeline.

    A late failure does not take the place of a late result, and nothing that of an accepted one.
    """
    if (attempt.late_outcome, attempt.late_text, attempt.late_data) == (outcome, text, data):
        return
    said = tx.row(LAST_SAID, {"task": task.id, "attempt": attempt.attempt})
    if outcome == "failed" and said == (text,):
        return
    if attempt.accepted_at is None and (attempt.late_outcome, outcome) != ("succeeded", "failed"):
        tx.run(KEEP, {
        "task": task.id, "attempt": attempt.attempt, "outcome": outcome, "text": text, "data": data, "now": now,
    })  # fmt: skip
    note(tx, now, "late", task=task.id, queue=task.queue_id, attempt=attempt.attempt, worker=attempt.worker, text=text)


def accept(sq: SparkQ, task_id: int) -> Task:
    """Take the late result of a task that timed out as its outcome: it is succeeded and reviewed.

    Raises NoSuchTask, WrongState when it did not time out or nothing came late.
    """
    move = MOVES["accept"]
    now = sq.clock.now()
    with sq.db.write() as tx:
        task = find(tx, task_id)
        attempt = ended(tx, task_id, task.attempts)
        if task.status != move.source or task.error_type != "timeout":
            raise _not_late(refused(tx, task_id, "accept"))
        if attempt is None or attempt.late_outcome != "succeeded":
            raise WrongState(
                f"#{task.id} timed out and no result has come since.", "Requeue it, with feedback if you have any."
            )
        row = tx.row(ACCEPT, {"id": task_id, "source": move.source, "target": move.target, "now": now})
        assert row is not None
        tx.run(ACCEPTED, {"task": task_id, "attempt": task.attempts, "now": now})
        note(tx, now, "accepted", task=task_id, queue=task.queue_id, attempt=task.attempts)
    return Task(*row)


def _not_late(error: SparkQError) -> SparkQError:
    if isinstance(error, WrongState):
        return WrongState(error.message, "Only a task that timed out can have a late result to accept.")
    return error
