"""Queues: named lines of tasks, with instructions for whoever works them."""

from typing import Annotated

from fastapi import APIRouter, Query

from sparkq_core import queues, tasks, wire
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer
from sparkq_http.parameters import BODILESS, Body, Open, QueueName, TaskRef, in_thread_if_git, queue_name
from sparkq_http.shapes import project as shapes
from sparkq_http.shapes import tasks as task_shapes
from sparkq_http.v1_keys import claim_answer

router = APIRouter(prefix="/api/queues", tags=["queues"])


class NewQueue(Body):
    """A queue to be; `session` is the name of a session that has not ended."""

    name: str
    instructions: str = ""
    session: str | None = None


class QueueChange(Body):
    """A new name, new instructions (empty takes them away), or both."""

    name: str | None = None
    instructions: str | None = None


class Worker(Body):
    """Who claims, and which task, if not the head of the queue."""

    worker_id: str
    task_id: TaskRef | None = None


def shown(sq: SparkQ, name: str) -> wire.Json:
    """A queue with its counts and its instructions. Raises NoSuchQueue."""
    queue, text = queues.instructions(sq, name)
    return wire.queue(queue, queues.counts_of(sq, queue)) | {"instructions": text}


@router.get("", response_model=shapes.Queues)
async def list_queues(sq: Open, include_archived: bool = False) -> Answer:
    """Every queue with its counts, active ones first; archived ones only when asked for."""
    listed = [
        wire.queue(queue, counts) | {"instructions": queues.instructions_by_id(sq, queue.id)[1]}
        for queue, counts in queues.all_of(sq, archived=include_archived)
    ]
    return Answer({"queues": listed, "total": len(listed)})


@router.post("", status_code=201, response_model=shapes.OneQueue)
async def create_queue(sq: Open, body: NewQueue) -> Answer:
    """Make an empty queue."""
    queue = queues.create(sq, body.name, instructions=body.instructions, session=body.session)
    return Answer({"queue": shown(sq, queue.name)}, 201, {"Location": f"/api/queues/{queue.name}"})


@router.get("/{queue}", response_model=shapes.OneQueue)
async def get_queue(sq: Open, queue: QueueName) -> Answer:
    """One queue with its counts and instructions."""
    return Answer({"queue": shown(sq, queue_name(sq, queue))})


@router.patch("/{queue}", response_model=shapes.OneQueue)
async def change_queue(sq: Open, queue: QueueName, body: QueueChange) -> Answer:
    """Rename the queue, or give it new instructions, which workers see with their next claim."""
    changed = queues.change(sq, queue_name(sq, queue), new=body.name, instructions=body.instructions)
    return Answer({"queue": shown(sq, changed.name)})


@router.post("/{queue}/end", response_model=shapes.OneQueue, dependencies=[BODILESS])
async def end_queue(sq: Open, queue: QueueName) -> Answer:
    """Take no new tasks; workers drain what is there."""
    return Answer({"queue": shown(sq, queues.end(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/reopen", response_model=shapes.OneQueue, dependencies=[BODILESS])
async def reopen_queue(sq: Open, queue: QueueName) -> Answer:
    """Let an ended queue take tasks again."""
    return Answer({"queue": shown(sq, queues.reopen(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/archive", response_model=shapes.OneQueue, dependencies=[BODILESS])
async def archive_queue(sq: Open, queue: QueueName) -> Answer:
    """Hide the queue: it takes and gives nothing; its tasks are kept."""
    return Answer({"queue": shown(sq, queues.archive(sq, queue_name(sq, queue)).name)})


@router.post("/{queue}/unarchive", response_model=shapes.OneQueue, dependencies=[BODILESS])
async def unarchive_queue(sq: Open, queue: QueueName) -> Answer:
    """Bring an archived queue back as it was."""
    return Answer({"queue": shown(sq, queues.unarchive(sq, queue_name(sq, queue)).name)})


@router.get("/{queue}/peek", response_model=task_shapes.Tasks)
async def peek(sq: Open, queue: QueueName, limit: Annotated[int, Query(ge=1, le=1000)] = 1) -> Answer:
    """The next tasks in the order in which they will be claimed; claims nothing."""
    return Answer(wire.page(tasks.peek(sq, queue_name(sq, queue), limit), sq.clock.now()))


@router.post("/{queue}/claim", response_model=task_shapes.Claimed)
async def claim_next(sq: Open, queue: QueueName, body: Worker) -> Answer:
    """Hand the head of the queue (or the task that is named) to a worker; `task` is null when the queue is empty."""
    name = queue_name(sq, queue)
    claim = await in_thread_if_git(sq, lambda: tasks.claim(sq, name, body.worker_id, task_id=body.task_id))
    return Answer({"task": None, "remaining": 0} if claim is None else claim_answer(sq, claim))
