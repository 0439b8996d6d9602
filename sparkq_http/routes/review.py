"""The decisions about one task: answer, requeue, cancel, move to the front, accept, review, undo."""

from typing import Literal

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import inbox, shapes, tasks, wire
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import BODILESS, AttemptNumber, Body, By, Open, Shown, TaskId
from sparkq_http.routes.tasks import OneQueuedTask, OneTask, in_line

router = Router(prefix="/api/tasks/{task_id}", tags=["review"])


class Requeue(Body):
    """How to requeue a task. `feedback` is shown with the next claim, `prompt` replaces the present prompt, `front` puts
    the task first. `again` is for a person: it allows every finished task, also a succeeded or cancelled one, or one
    whose late result waits to be accepted. With `seen`, the task as it was shown to you, it is refused (409 `unseen`) if
    it has changed since."""

    feedback: str | None = None
    prompt: str | None = None
    front: bool = False
    again: bool = False
    seen: Shown | None = None


class Reset(Body):
    """The status that the task gets: `queued`, or `running`, which gives a timed out task back to its worker."""

    target_status: Literal["queued", "running"] = "queued"


class Accept(Body):
    """The attempt whose late result is accepted."""

    attempt: AttemptNumber = None


class Reply(Body):
    """Your answer, and the `attempt` whose question you saw: if another one has asked since, it is refused (409
    `unseen`)."""

    answer: str
    attempt: AttemptNumber = None


class Cancel(Body):
    """Why the task is cancelled."""

    reason: str = ""


class ResetTask(shapes.TaskKeys, shapes.GateKeys, closed=True):
    """A task that was reset; `position` is its place in its queue, if it is queued."""

    position: NotRequired[int]


class OneResetTask(TypedDict, closed=True):
    """The task as it is now."""

    task: ResetTask


def answer_with(sq: SparkQ, task: Task) -> Answer[OneTask]:
    """Answer with the task as it is now."""
    return Answer({"task": wire.task_brief(task, sq.clock.now())})


@router.post("/requeue")
async def requeue(sq: Open, by: By, task_id: TaskId, body: Requeue | None = None) -> Answer[OneQueuedTask]:
    """Put a failed or cancelled task at the end of its queue. It keeps its id and its attempts.

    Without `again` it is refused (409) for a task about which only you decide.
    """
    options = body or Requeue()
    done = tasks.requeue(
        sq,
        task_id,
        feedback=options.feedback,
        prompt=options.prompt,
        front=options.front,
        again=options.again,
        by_worker=not options.again,
        seen=options.seen.of(task_id) if options.seen else None,
        giver=by,
    )
    return Answer({"task": in_line(sq, done)})


@router.post("/reset")
async def reset(sq: Open, task_id: TaskId, body: Reset | None = None) -> Answer[OneResetTask]:
    """Requeue a failed task without `again`, by the name that SparkQ 1 used.

    With the target `running`, a task that timed out runs again, as another attempt of the worker that had it, so that
    this worker can report its result. 409 if another worker or the person has it by now.
    """
    if body is not None and body.target_status == "running":
        return Answer({"task": {**wire.task_brief(tasks.resume(sq, task_id), sq.clock.now())}})
    return Answer({"task": {**in_line(sq, tasks.requeue(sq, task_id, by_worker=True))}})


@router.post("/answer")
async def answer(sq: Open, task_id: TaskId, body: Reply) -> Answer[OneTask]:
    """Answer the question of a worker. The held task becomes the next one of its queue.

    The next claim has the `question` and the `answer`. The same answer again is harmless.
    """
    return answer_with(sq, tasks.answer(sq, task_id, body.answer, attempt=body.attempt))


@router.post("/cancel")
async def cancel(sq: Open, task_id: TaskId, body: Cancel | None = None) -> Answer[OneTask]:
    """Cancel a queued or held task. A person can requeue it with `again`."""
    return answer_with(sq, tasks.cancel(sq, task_id, body.reason if body else ""))


@router.post("/front", dependencies=[BODILESS])
async def front(sq: Open, task_id: TaskId) -> Answer[OneTask]:
    """Move a queued task to the front of its queue."""
    return answer_with(sq, tasks.to_front(sq, task_id))


@router.post("/accept")
async def accept(sq: Open, by: By, task_id: TaskId, body: Accept | None = None) -> Answer[OneTask]:
    """Accept a late result as the outcome of a failed, cancelled, queued or held task, which is then succeeded.

    It is the result of `attempt`, or the newest one that has not been accepted. 409 if there is none, while an attempt
    runs, and for a succeeded task.
    """
    return answer_with(sq, tasks.accept(sq, task_id, body.attempt if body else None, giver=by))


@router.post("/review", dependencies=[BODILESS])
async def review(sq: Open, by: By, task_id: TaskId) -> Answer[OneTask]:
    """Mark a finished task as reviewed. A queued or held task with a late text leaves the inbox and stays
    so."""
    return answer_with(sq, inbox.review(sq, task_id, giver=by))


@router.post("/undo", dependencies=[BODILESS])
async def undo_verdict(sq: Open, by: By, task_id: TaskId) -> Answer[OneTask]:
    """Undo the last verdict on this task: it is unreviewed again, or its requeue is undone. 409 once anything else has
    happened to it, such as a claim."""
    return answer_with(sq, undo.unreview(sq, [task_id], giver=by)[0].task)
