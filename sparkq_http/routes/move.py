"""Move waiting tasks to another queue."""

from pydantic import Field

from sparkq_core import tasks
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Body, Door, Open, TaskRef, queue_name
from sparkq_http.routes.tasks import QueuedTasks, in_line

router = Router(prefix="/api/tasks/move", tags=["tasks"])


class Move(Body):
    """Queued or held tasks in the order that they get, and the queue that they go to, by its name or its id."""

    tasks: list[TaskRef] = Field(min_length=1, max_length=10_000)
    queue: str
    front: bool = False


@router.post("")
async def move(sq: Open, door: Door, body: Move) -> Answer[QueuedTasks]:
    """Move queued or held tasks to the end of another queue, or to its front, all of them or none. Each keeps its id and its
    history. 409 for a task that runs or is finished, and for a queue that accepts no new tasks."""
    moved = tasks.move(sq, body.tasks, queue_name(sq, body.queue), front=body.front, giver=door)
    return Answer({"tasks": [in_line(sq, each) for each in moved], "total": len(moved)})
