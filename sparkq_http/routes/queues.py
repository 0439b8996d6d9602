"""Queues: named lines of tasks, with instructions for their workers."""

from typing import Annotated

from pydantic import Field
from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import queues, sessions, shapes, tasks, wire
from sparkq_core.changes import Execution
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments, deletion, gates
from sparkq_http.answer import Answer, Router
from sparkq_http.list_pages import page
from sparkq_http.parameters import BODILESS, MAX_NUMBER, Body, Open, QueueName, Records, TaskRef, queue_name
from sparkq_http.v1_keys import Claimed, claim_answer, nothing_answer

router = Router(prefix="/api/queues", tags=["queues"])


class Queue(shapes.QueueKeys, closed=True):
    """A queue, the number of its tasks by status, and its instructions."""

    instructions: str


class OneQueue(TypedDict, closed=True):
    """The queue as it is now."""

    queue: Queue


class DeletedQueue(TypedDict, closed=True):
    """The name of the deleted queue."""

    deleted: str


class Queues(TypedDict, closed=True):
    """All queues or a page of them, and the chats that were assigned to queues. Without `next_cursor` it is the last page."""

    queues: list[Queue]
    total: int
    assignments: list[shapes.Assignment]
    next_cursor: NotRequired[str]


ReviewLimit = Annotated[int | None, Field(ge=1, le=gates.MOST_UNREVIEWED)]


class NewQueue(Body):
    """A new queue. `session` is the name of an active session, `review_limit` how many unreviewed tasks it hands out."""

    name: str
    instructions: str = ""
    session: str | None = None
    review_limit: ReviewLimit = None


class QueueChange(Body):
    """A new name, new instructions (an empty text deletes them), another review limit (null removes it), or several. With
    the `revision` that was shown to you (the queue's `instructions_revision`), it is refused (409 `unseen`) if the
    instructions have changed since."""

    name: str | None = None
    instructions: str | None = None
    review_limit: ReviewLimit = None
    revision: int | None = Field(None, ge=0, le=MAX_NUMBER)


class ClaimWanted(Body):
    """The worker that claims, and a task, if it is not the head of the queue."""

    worker_id: str
    task_id: TaskRef | None = None


def queue_shown(sq: SparkQ, name: str) -> Queue:
    """Convert a queue with its counts and its instructions. Raises NoSuchQueue."""
    queue, text = queues.instructions(sq, name)
    return {**wire.queue(queue, queues.counts_of(sq, queue)), "instructions": text}


@router.get("")
async def list_queues(
    sq: Open,
    include_archived: bool = False,
    include_instructions: bool = True,
    session: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Answer[Queues]:
    """List all queues, or those of a session (its name or id), with their counts, the active ones first. Archived ones
    only with `include_archived`. With `limit` (1 to 1000), so many: `next_cursor` continues the list.

    With `include_instructions=false` the text of each is empty, so that a list that is read often stays small.
    """
    named = sessions.at(sq, session).name if session else None
    known = [each for each in queues.all_of(sq, archived=include_archived) if named in (None, each[0].session)]
    shown, following = page(known, lambda each: each[0].id, limit, cursor)
    listed: list[Queue] = [
        {
            **wire.queue(queue, counts),
            "instructions": queues.instructions_by_id(sq, queue.id)[1] if include_instructions else "",
        }
        for queue, counts in shown
    ]
    at_work = [wire.assignment(each) for each in assignments.open_ones(sq)]
    answer: Queues = {"queues": listed, "total": len(known), "assignments": at_work}
    return Answer(answer if following is None else {**answer, "next_cursor": following})


@router.post("", status_code=201)
async def create_queue(sq: Open, body: NewQueue) -> Answer[OneQueue]:
    """Create an empty queue."""
    queue = queues.create(
        sq, body.name, instructions=body.instructions, session=body.session, review_limit=body.review_limit
    )
    return Answer({"queue": queue_shown(sq, queue.name)}, 201, {"Location": f"/api/queues/{queue.name}"})


@router.get("/{queue}")
async def get_queue(sq: Open, queue: QueueName) -> Answer[OneQueue]:
    """Show a queue with its counts and instructions."""
    return Answer({"queue": queue_shown(sq, queue_name(sq, queue))})


@router.patch("/{queue}")
async def change_queue(sq: Open, queue: QueueName, body: QueueChange) -> Answer[OneQueue]:
    """Rename a queue or change its instructions. Workers see new instructions with their next claim."""
    limit = body.review_limit if "review_limit" in body.model_fields_set else queues.UNCHANGED
    changed = queues.change(
        sq,
        queue_name(sq, queue),
        new=body.name,
        instructions=body.instructions,
        review_limit=limit,
        revision=body.revision,
    )
    return Answer({"queue": queue_shown(sq, changed.name)})


@router.post("/{queue}/pause", dependencies=[BODILESS])
async def pause_queue(sq: Open, queue: QueueName) -> Answer[OneQueue]:
    """Pause a queue. It still accepts tasks, but hands out none until it is resumed. Running tasks can be settled."""
    return Answer({"queue": queue_shown(sq, queues.pause(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/resume", dependencies=[BODILESS])
async def resume_queue(sq: Open, queue: QueueName) -> Answer[OneQueue]:
    """Resume a paused queue. Claims that wait get its tasks at once."""
    return Answer({"queue": queue_shown(sq, queues.resume(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/end", dependencies=[BODILESS])
async def end_queue(sq: Open, queue: QueueName) -> Answer[OneQueue]:
    """End a queue. It accepts no new tasks, and workers finish its queued tasks."""
    return Answer({"queue": queue_shown(sq, queues.end(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/reopen", dependencies=[BODILESS])
async def reopen_queue(sq: Open, queue: QueueName) -> Answer[OneQueue]:
    """Reopen an ended queue, which then accepts tasks again."""
    return Answer({"queue": queue_shown(sq, queues.reopen(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/archive", dependencies=[BODILESS])
async def archive_queue(sq: Open, queue: QueueName) -> Answer[OneQueue]:
    """Archive a queue. It is hidden and neither accepts nor hands out tasks. Its tasks are kept."""
    return Answer({"queue": queue_shown(sq, queues.archive(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/unarchive", dependencies=[BODILESS])
async def unarchive_queue(sq: Open, queue: QueueName) -> Answer[OneQueue]:
    """Restore an archived queue to its former status."""
    return Answer({"queue": queue_shown(sq, queues.unarchive(sq, queue_name(sq, queue)).name)})


@router.delete("/{queue}", dependencies=[BODILESS])
async def delete_queue(sq: Open, queue: QueueName) -> Answer[DeletedQueue]:
    """Delete a queue that has no tasks, with its instructions. 409 while it has any, also a finished one."""
    return Answer({"deleted": deletion.delete(sq, queue_name(sq, queue)).name})


@router.get("/{queue}/peek")
async def peek(sq: Open, queue: QueueName, limit: int = 1) -> Answer[shapes.TaskPage]:
    """Show the next tasks of a queue in the order in which they will be claimed, without claiming them."""
    return Answer(wire.task_page(tasks.peek(sq, queue_name(sq, queue), limit), sq.clock.now()))


@router.post("/{queue}/claim")
async def claim_next(sq: Open, records: Records, queue: QueueName, body: ClaimWanted) -> Answer[Claimed]:
    """Claim the head of the queue, or the given task, for a worker. `task` is null if nothing is queued; `held` then counts
    the tasks of the queue that wait for your answer. If the queue is paused, `task` is null and `paused` is true; for a
    given task this is 409. So it is in a queue with a review limit, with
    `waiting_for_review`, the number of tasks to review first.
    """
    name = queue_name(sq, queue)
    claim = tasks.claim(sq, name, body.worker_id, task_id=body.task_id)
    if claim is None:
        return Answer(nothing_answer(sq, name))
    records.add(sq, None, begun=Execution(claim.task.id, claim.task.attempts))
    return Answer(claim_answer(sq, claim))
