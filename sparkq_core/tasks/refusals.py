"""Explain why a verb was refused, from the task as it is now, and what to do next."""

from sparkq_core import purged
from sparkq_core.clock import day, time_of_day
from sparkq_core.errors import ClaimLost, InvalidValue, NoSuchTask, Purged, SparkQError, WrongState
from sparkq_core.lifecycle import FINISHED_STATUSES, Status, verbs_from
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import MAX_ID
from sparkq_core.text import safe

GET = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = :id"
LAST_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'tasks'"
CANNOT = {
    "claim": "be claimed",
    "edit": "be edited",
    "move": "be moved to another queue",
    "cancel": "be cancelled",
    "progress": "report progress",
    "check": "be checked",
    "complete": "be completed",
    "fail": "be failed",
    "release": "be released",
    "answer": "be answered",
    "requeue": "be requeued",
    "accept": "be accepted",
    "move to the front": "be moved to the front",
    "place": "be placed elsewhere in its queue",
    "delete": "be deleted",
}
KEPT = "Your text is kept on your attempt for the review. "


def find(db: Reader, task_id: int) -> Task:
    """Return the task with this id. Raises NoSuchTask."""
    row = db.row(GET, {"id": task_id}) if 0 < task_id <= MAX_ID else None
    if row is None:
        raise no_such(db, task_id)
    return Task(*row)


def no_such(db: Reader, task_id: int) -> NoSuchTask:
    """Return the error for an id that does not exist."""
    last = db.row(LAST_ID)
    if last is None or not last[0]:
        return NoSuchTask(f"There is no task #{task_id}.", "No task has been enqueued yet.")
    if task_id <= 0 or task_id > last[0]:
        return NoSuchTask(f"There is no task #{task_id}.", f"Ids go up to #{last[0]}.")
    line = purged.of_task(db, task_id)
    if line is not None:
        return Purged(
            f"#{task_id} {purged.ended(line)}.", "Only its line is left. Ids are never used a second time.", line
        )
    return NoSuchTask(
        f"Task #{task_id} no longer exists.", "It was deleted, or purged long ago. Ids are never used a second time."
    )


def refused(db: Reader, task_id: int, verb: str, attempt: int | None = None, *, kept: bool = True) -> SparkQError:
    """Return why `verb` was refused: the task is gone, has another status, or another attempt holds it.

    `kept` is false if the text that came with the verb was not kept for the review.
    """
    try:
        task = find(db, task_id)
    except NoSuchTask as missing:
        return missing
    if attempt is not None and not 0 < attempt <= task.attempts:
        return no_such_attempt(task, attempt)
    if attempt is not None and (attempt != task.attempts or task.status != Status.RUNNING):
        return ClaimLost(
            f"Attempt {attempt} no longer holds #{task.id}: {state(task)}.",
            f"{KEPT if verb in ('complete', 'fail') else ''}Claim the next task."
            if kept
            else "Look at the task again.",
        )
    if verb == "claim" and task.status == Status.RUNNING:
        taken = f"#{task.id} cannot be claimed: {state(task)}."
        return WrongState(taken, "Its worker settles it. Claim the next task of the queue.")
    return WrongState(f"#{task.id} cannot {CANNOT[verb]}: {state(task)}.", hint(task), verbs_from(task.status))


def no_such_attempt(task: Task, attempt: int) -> InvalidValue:
    """Return the error for the number of an attempt that never began."""
    return InvalidValue(
        f"#{task.id} has no attempt {attempt}.", f"It has had {task.attempts}. Use the number from your claim."
    )


def hint(task: Task) -> str:
    """Return the verbs that are possible now, as the next step of an error."""
    verbs = [verb for verb in verbs_from(task.status) if verb != "accept" or task.late_outcome == Status.SUCCEEDED]
    return f"Possible now: {', '.join(verbs)}."


def state(task: Task) -> str:
    """Describe the state of a task: `it is running (attempt 2 of worker-1, since 30 November 2026, 03:48)`."""
    if task.status == Status.CANCELLED:
        return "it was cancelled"
    if task.status == Status.HELD:
        return "it waits for the answer to its question"
    worker = f" (attempt {task.attempts} of {safe(task.worker)})" if task.worker else ""
    if task.timed_out:
        return f"it has timed out{worker}"
    if task.status in FINISHED_STATUSES:
        return f"it has {task.status}{worker}"
    if task.status == Status.RUNNING and task.claimed_at is not None:
        since = f"since {day(task.claimed_at)}, {time_of_day(task.claimed_at)}"
        return f"it is running (attempt {task.attempts} of {safe(task.worker or '')}, {since})"
    return f"it is {task.status}{worker}"
