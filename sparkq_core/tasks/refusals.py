"""Why a verb was refused: one place that reads the task as it is and says what would help."""

from sparkq_core.errors import ClaimLost, InvalidValue, NoSuchTask, SparkQError, WrongState
from sparkq_core.lifecycle import FINISHED_STATUSES, Status, verbs_from
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import MAX_ID
from sparkq_core.text import safe

GET = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = :id"
NEWEST = "SELECT max(id) FROM tasks"
KEPT = "What you sent is kept on your attempt for the person to review. "


def find(db: Reader, task_id: int) -> Task:
    """The task with this id. Raises NoSuchTask."""
    row = db.row(GET, {"id": task_id}) if 0 < task_id <= MAX_ID else None
    if row is None:
        raise no_such(db, task_id)
    return Task(*row)


def no_such(db: Reader, task_id: int) -> NoSuchTask:
    """The refusal for an id that is not there."""
    newest = db.row(NEWEST)
    if newest is None or newest[0] is None:
        return NoSuchTask(f"There is no task #{task_id}.", "No task has been enqueued yet.")
    if task_id <= 0 or task_id > newest[0]:
        return NoSuchTask(f"There is no task #{task_id}.", f"The newest is #{newest[0]}.")
    return NoSuchTask(
        f"There is no task #{task_id} any more.", "It was purged or deleted; its id is never given again."
    )


def refused(db: Reader, task_id: int, verb: str, attempt: int | None = None, *, kept: bool = True) -> SparkQError:
    """Why `verb` could not be done to the task: it is gone, elsewhere in its life, or held by another attempt.

    `kept` false: what was sent was a person's, of which nothing is kept.
    """
    try:
        task = find(db, task_id)
    except NoSuchTask as missing:
        return missing
    if attempt is not None and not 0 < attempt <= task.attempts:
        return InvalidValue(
            f"#{task.id} has no attempt {attempt}.", f"It has had {task.attempts}; use the number that the claim gave."
        )
    if attempt is not None and (attempt != task.attempts or task.status != Status.RUNNING):
        return ClaimLost(
            f"Attempt {attempt} of #{task.id} no longer holds it: its status is {task.status}{_holder(task)}.",
            f"{KEPT if verb in ('complete', 'fail') else ''}Claim the next task." if kept else "Look at it again.",
        )
    return WrongState(f"{verb} does not apply to #{task.id}: its status is {task.status}{_holder(task)}.", hint(task))


def not_held(sq: SparkQ, task_id: int, verb: str) -> SparkQError:
    """Why a worker that names no attempt and was handed none cannot do `verb`: guessing would break the fence."""
    try:
        task = find(sq.db, task_id)
    except NoSuchTask as missing:
        return missing
    if task.status != Status.RUNNING:
        return refused(sq.db, task_id, verb)
    return ClaimLost(
        f"#{task.id} is not yours: its status is {task.status}{_holder(task)}.",
        "Claim another task, or pass the attempt number if it is yours from before.",
    )


def hint(task: Task) -> str:
    """Which verbs the task's status admits."""
    return f"From {task.status} a task can only: {', '.join(verbs_from(task.status))}."


def _holder(task: Task) -> str:
    """Who has it, or how it ended."""
    worker = safe(task.worker or "")
    if task.status == Status.RUNNING:
        return f", attempt {task.attempts} of {worker} has it"
    if task.status == Status.FAILED and task.timed_out:
        return f", attempt {task.attempts} of {worker} timed out"
    if task.status in FINISHED_STATUSES and worker:
        return f" since attempt {task.attempts} of {worker}"
    return ""
