"""What a worker does with one task: claim it, say that it is alive, settle it, give it back."""

from typing import Annotated, Any

from pydantic import Field

from sparkq_core import shapes, tasks, wire
from sparkq_core.model import Settled
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import MAX_NUMBER, Body, Open, TaskId, in_thread_if_git
from sparkq_http.routes.tasks import OneTask
from sparkq_http.v1_keys import Claimed, claim_answer

router = Router(prefix="/api/tasks/{task_id}", tags=["work"])

AttemptNumber = Annotated[int | None, Field(ge=1, le=MAX_NUMBER, description="The number that the claim gave.")]


class SettledTask(shapes.SettledKeys, closed=True):
    """A settled task, and how many are queued behind it."""

    task: shapes.Task


class Worker(Body):
    """Who claims."""

    worker_id: str


class Result(Body):
    """What was done: `result_summary` for whoever reviews it, `result_data` any JSON value."""

    result_summary: str
    result_data: Any = None
    attempt: AttemptNumber = None


class Failure(Body):
    """What went wrong, and one word for it. `keep_late` false is for a person who ends the claim of a worker."""

    error_message: str
    error_type: str | None = None
    attempt: AttemptNumber = None
    keep_late: bool = True


class Progress(Body):
    """A sign of life, with a note for the task's timeline if there is something to say."""

    note: str = ""
    attempt: AttemptNumber = None


class Release(Body):
    """Why the task is given back."""

    reason: str = ""
    attempt: AttemptNumber = None


def settled(sq: SparkQ, done: Settled) -> Answer[SettledTask]:
    """Answer a worker that settled its task."""
    return Answer({**wire.settled(done), "task": wire.task_brief(done.task, sq.clock.now())})


@router.post("/claim")
async def claim(sq: Open, task_id: TaskId, body: Worker) -> Answer[Claimed]:
    """Hand this queued task to a worker. 409 when it is not queued any more."""
    found = await in_thread_if_git(sq, lambda: tasks.claim(sq, None, body.worker_id, task_id=task_id))
    assert found is not None
    return Answer(claim_answer(sq, found))


@router.post("/complete")
async def complete(sq: Open, task_id: TaskId, body: Result) -> Answer[SettledTask]:
    """Settle a running task as done. 409 for a result that comes too late, which is kept for the person."""
    return settled(
        sq,
        await in_thread_if_git(
            sq,
            lambda: tasks.complete(sq, task_id, body.result_summary, data=body.result_data, attempt=body.attempt),
        ),
    )


@router.post("/fail")
async def fail(sq: Open, task_id: TaskId, body: Failure) -> Answer[SettledTask]:
    """Settle a running task as failed.

    409 for what comes too late: it is kept for the person on its attempt, unless `keep_late` is false.
    """
    return settled(
        sq,
        await in_thread_if_git(
            sq,
            lambda: tasks.fail(
                sq,
                task_id,
                body.error_message,
                error_type=body.error_type,
                attempt=body.attempt,
                keep_late=body.keep_late,
            ),
        ),
    )


@router.post("/progress")
async def progress(sq: Open, task_id: TaskId, body: Progress | None = None) -> Answer[OneTask]:
    """The worker is alive: the stale clock starts again."""
    said = body or Progress()
    return Answer(
        {"task": wire.task_brief(tasks.progress(sq, task_id, said.note, attempt=said.attempt), sq.clock.now())}
    )


@router.post("/release")
async def release(sq: Open, task_id: TaskId, body: Release | None = None) -> Answer[OneTask]:
    """Give a running task back to its old place in the line."""
    said = body or Release()
    return Answer(
        {"task": wire.task_brief(tasks.release(sq, task_id, said.reason, attempt=said.attempt), sq.clock.now())}
    )
