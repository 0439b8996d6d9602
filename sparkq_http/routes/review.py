"""What a person decides about one task: again, not at all, first, accepted, seen."""

from sparkq_core import inbox, tasks, wire
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import BODILESS, Body, Open, TaskId
from sparkq_http.routes.tasks import OneQueuedTask, OneTask, in_line

router = Router(prefix="/api/tasks/{task_id}", tags=["review"])


class Requeue(Body):
    """How a task goes back: `feedback` reaches the next claimer, `prompt` replaces the present one, `front` puts it
    first, `again` allows a succeeded one."""

    feedback: str | None = None
    prompt: str | None = None
    front: bool = False
    again: bool = False


class Cancel(Body):
    """Why the task is taken out of the line."""

    reason: str = ""


def answer_with(sq: SparkQ, task: Task) -> Answer[OneTask]:
    """The task as it is now."""
    return Answer({"task": wire.task_brief(task, sq.clock.now())})


@router.post("/requeue")
async def requeue(sq: Open, task_id: TaskId, body: Requeue | None = None) -> Answer[OneQueuedTask]:
    """Put a failed task at the end of its queue, keeping its id and its attempts."""
    given = body or Requeue()
    done = tasks.requeue(
        sq, task_id, feedback=given.feedback, prompt=given.prompt, front=given.front, again=given.again
    )
    return Answer({"task": in_line(sq, done)})


@router.post("/reset", dependencies=[BODILESS])
async def reset(sq: Open, task_id: TaskId) -> Answer[OneQueuedTask]:
    """`requeue` without anything to say, under the name that the first SparkQ gave it."""
    return Answer({"task": in_line(sq, tasks.requeue(sq, task_id))})


@router.post("/cancel")
async def cancel(sq: Open, task_id: TaskId, body: Cancel | None = None) -> Answer[OneTask]:
    """Take a queued task out of the line: failed, cancelled; requeue brings it back."""
    return answer_with(sq, tasks.cancel(sq, task_id, body.reason if body else ""))


@router.post("/front", dependencies=[BODILESS])
async def front(sq: Open, task_id: TaskId) -> Answer[OneTask]:
    """Make a queued task the next one of its queue."""
    return answer_with(sq, tasks.to_front(sq, task_id))


@router.post("/accept", dependencies=[BODILESS])
async def accept(sq: Open, task_id: TaskId) -> Answer[OneTask]:
    """Take the late result of a task that timed out as its outcome."""
    return answer_with(sq, tasks.accept(sq, task_id))


@router.post("/review", dependencies=[BODILESS])
async def review(sq: Open, task_id: TaskId) -> Answer[OneTask]:
    """The person has seen the outcome and leaves it so."""
    return answer_with(sq, inbox.review(sq, task_id))
