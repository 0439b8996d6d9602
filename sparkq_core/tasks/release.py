"""Give a claimed task back: to its old place in the queue or, with a question, to you."""

from collections.abc import Sequence

from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES, RELEASED, UNCLAIMED_STATUSES, Status
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.storage.parameters import Values
from sparkq_core.tasks import late_results
from sparkq_core.tasks.progress import guard
from sparkq_core.tasks.refusals import GET, find, refused
from sparkq_core.tasks.settle import END_ATTEMPT
from sparkq_core.text import checked

RELEASE = f"""
UPDATE tasks SET status = :target, due_at = NULL, worker = NULL, claimed_at = NULL, heartbeat_at = NULL,
    stale_warned_at = NULL, limit_until = NULL
WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)
RETURNING {TASK_COLUMNS}
"""
HELD = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)"
ASK = "UPDATE attempts SET question = :question WHERE task_id = :task AND attempt = :attempt"
MAX_QUESTION = 16 * 1024
"""Bytes of a question: several pages, and it is read in a list."""


def release(
    sq: SparkQ, task_id: int, reason: str = "", *, question: str | None = None, attempt: int | None = None
) -> Task:
    """Put a running task back to its old place in the queue; its attempt ends as `released`.

    With a `question` (at most 16 KiB) no worker gets the task until you have answered: it is then held. A question of
    an attempt that has ended otherwise is refused, and kept on its attempt as a late text; such a `reason` is kept in the
    timeline.
    The same release again is harmless until another worker has claimed the task.
    Raises ClaimLost, NoSuchTask, WrongState, InvalidText.
    """
    checked(reason, "reason", empty=True)
    if question is not None:
        checked(question, "question", limit=MAX_QUESTION)
    now = sq.clock.now()
    verb = "release" if question is None else "release --question"
    values = guard(verb, task_id, attempt)
    with sq.db.write() as tx:
        if (task := _give_back(tx, verb, values, reason, question, now)) is not None:
            return task
        if (released := _released_before(tx, task_id, attempt, question)) is not None:
            return released
        refusal = refused(tx, task_id, "release", attempt)
        if question is not None and _keep_question(tx, task_id, attempt, question, now):
            refusal.hint = f"Your question is kept on your attempt for the review. {refusal.hint}"
        if reason and late_results.keep_sign(tx, task_id, attempt, reason, now):
            refusal.hint = f"Your reason is kept in the timeline. {refusal.hint}"
    raise refusal  # after the commit, which keeps the text


def release_all(sq: SparkQ, task_ids: Sequence[int], reason: str = "") -> tuple[Task, ...]:
    """Put several running tasks back to their old places, all of them or none. Raises the errors of `release`."""
    checked(reason, "reason", empty=True)
    now = sq.clock.now()
    released = []
    with sq.db.write() as tx:
        for task_id in dict.fromkeys(task_ids):
            task = _give_back(tx, "release", guard("release", task_id, None), reason, None, now)
            task = task or _released_before(tx, task_id, None, None)
            if task is None:
                raise refused(tx, task_id, "release")
            released.append(task)
    return tuple(released)


def _give_back(tx: Transaction, verb: str, values: Values, reason: str, question: str | None, now: int) -> Task | None:
    """End the running attempt, and queue or hold its task; None if that attempt is not running."""
    before = tx.row(HELD, values)
    row = tx.row(RELEASE, {**values, "target": MOVES[verb].target})
    if before is None or row is None:
        return None
    task = Task(*row)
    if question is not None:  # before the end: an attempt that asks you does not end as one that was not done
        tx.run(ASK, {"task": task.id, "attempt": task.attempts, "question": question})
    _end(tx, Task(*before), reason, now)
    if question is None:
        note(tx, now, RELEASED, task=task.id, queue=task.queue_id, attempt=task.attempts, text=reason or None)
    else:
        note(tx, now, "asked", task=task.id, queue=task.queue_id, attempt=task.attempts, text=question)
    return task


def _end(tx: Transaction, task: Task, reason: str, now: int) -> None:
    """End the running attempt of a task that was just released."""
    tx.run(END_ATTEMPT, {
        "task": task.id, "attempt": task.attempts, "outcome": RELEASED, "result": None, "data": None,
        "error": reason or None, "error_type": None, "now": now, "heartbeat": task.heartbeat_at,
        "warned": task.stale_warned_at,
    })  # fmt: skip


def _released_before(tx: Transaction, task_id: int, attempt: int | None, question: str | None) -> Task | None:
    """Return the task if nobody has claimed it since its last attempt was released; that must be `attempt` if given, and
    must have asked the same `question` if there is one."""
    task = find(tx, task_id)
    if task.status not in UNCLAIMED_STATUSES or attempt not in (None, task.attempts):
        return None
    last = late_results.ended(tx, task_id, task.attempts)
    is_same = last is not None and last.outcome == RELEASED and question in (None, last.question)
    return task if is_same else None


def _keep_question(tx: Transaction, task_id: int, attempt: int | None, question: str, now: int) -> bool:
    """Keep a question on its attempt, if that has ended. Returns False if it has not, or if there is none."""
    row = tx.row(GET, {"id": storable(task_id)})
    if row is None:
        return False
    task = Task(*row)
    ended = late_results.ended(tx, task.id, task.attempts if attempt is None else attempt)
    if ended is None:
        return False
    late_results.keep(tx, task, ended, Status.FAILED, question, None, now)
    return True
