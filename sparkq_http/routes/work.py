"""The calls of a worker for one task: claim, progress, complete, fail, release."""

from functools import partial
from typing import Any

from anyio import to_thread

from sparkq_core import shapes, tasks, wire
from sparkq_core.changes import Execution, Recorder
from sparkq_core.errors import ClaimLost
from sparkq_core.model import Settled
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import AttemptNumber, Body, Open, Records, TaskId
from sparkq_http.routes.tasks import OneTask
from sparkq_http.v1_keys import Claimed, claim_answer, with_v1_words

router = Router(prefix="/api/tasks/{task_id}", tags=["work"])


class SettledTask(shapes.SettledKeys, closed=True):
    """A settled task, and the number of tasks that are still queued. `kept` is true if this outcome was reported before
    in other words, which are kept beside the first."""

    task: shapes.Task


class Worker(Body):
    """The worker that claims."""

    worker_id: str


class Result(Body):
    """The result: `result_summary` is text for the reviewer, `result_data` any JSON value."""

    result_summary: str
    result_data: Any = None
    attempt: AttemptNumber = None


class Failure(Body):
    """The error, and one word for its type. `stderr` is added to the error. Set `keep_late` to false to end the claim of
    a worker by hand."""

    error_message: str
    error_type: str | None = None
    stderr: str = ""
    attempt: AttemptNumber = None
    keep_late: bool = True

    @property
    def text(self) -> str:
        """Return the error with what the program printed on its standard error."""
        return f"{self.error_message}\n\n{self.stderr}" if self.stderr else self.error_message


class Progress(Body):
    """A heartbeat, with an optional note for the task's timeline."""

    note: str = ""
    attempt: AttemptNumber = None


class Release(Body):
    """Why the task is released. With a `question` for you, no worker gets the task until you have answered."""

    reason: str = ""
    question: str | None = None
    attempt: AttemptNumber = None


def settled(sq: SparkQ, records: Recorder, done: Settled) -> Answer[SettledTask]:
    """Answer a worker that settled its task, and record what it changed."""
    if not done.again:
        records.add(sq, None, ended=[Execution(done.task.id, done.attempt)])
    return Answer({**wire.settled(done), "task": wire.task_brief(done.task, sq.clock.now())})


@router.post("/claim")
async def claim(sq: Open, records: Records, task_id: TaskId, body: Worker) -> Answer[Claimed]:
    """Claim this queued task for a worker. 409 if it is not queued any more, or its queue hands out none for now."""
    claimed = tasks.claim(sq, None, body.worker_id, task_id=task_id)
    assert claimed is not None
    records.add(sq, None, begun=Execution(task_id, claimed.task.attempts))
    return Answer(claim_answer(sq, claimed))


@router.post("/complete")
async def complete(sq: Open, records: Records, task_id: TaskId, body: Result) -> Answer[SettledTask]:
    """Complete a running task. 409 if the result comes too late. It is kept on its attempt, for the review. In a strict queue
    with a check, 409 `check_missing`, `check_failed` or `tree_changed` if that has not passed on the files as they are.

    The same outcome again is harmless. If it is in other words, these are kept beside the first, and `kept` is true.
    """
    try:
        given: dict[str, Any] = {"data": body.result_data, "attempt": body.attempt}
        done = tasks.complete_at_once(sq, task_id, body.result_summary, **given)
        if done is None:  # Git looks at the files, which takes a while
            done = await to_thread.run_sync(partial(tasks.complete, sq, task_id, body.result_summary, **given))
    except ClaimLost as late:
        raise with_v1_words(sq, task_id, late) from late
    return settled(sq, records, done)


@router.post("/fail")
async def fail(sq: Open, records: Records, task_id: TaskId, body: Failure) -> Answer[SettledTask]:
    """Fail a running task. 409 if the error comes too late. It is kept on its attempt, unless `keep_late` is false."""
    done = tasks.fail(
        sq, task_id, body.text, error_type=body.error_type, attempt=body.attempt, keep_late=body.keep_late
    )
    return settled(sq, records, done)


@router.post("/progress")
async def progress(sq: Open, task_id: TaskId, body: Progress | None = None) -> Answer[OneTask]:
    """Report that the worker is alive, which restarts the timeout."""
    report = body or Progress()
    return Answer(
        {"task": wire.task_brief(tasks.progress(sq, task_id, report.note, attempt=report.attempt), sq.clock.now())}
    )


@router.post("/release")
async def release(sq: Open, task_id: TaskId, body: Release | None = None) -> Answer[OneTask]:
    """Put a running task back to its old place in its queue. With a `question` it is `held` until the answer is there."""
    given = body or Release()
    task = tasks.release(sq, task_id, given.reason, question=given.question, attempt=given.attempt)
    return Answer({"task": wire.task_brief(task, sq.clock.now())})
