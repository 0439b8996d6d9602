"""Put queued tasks at another place of their queue."""

from pydantic import Field, model_validator

from sparkq_core import tasks
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Body, Open, TaskRef
from sparkq_http.routes.tasks import QueuedTasks, in_line

router = Router(prefix="/api/tasks/place", tags=["tasks"])


class Place(Body):
    """Queued tasks in the order that they get, and where they go: right `after` or `before` another queued task of their
    queue, or to the `front` of their queues. Or one task, and the one that it changes places with, `swap_with`."""

    tasks: list[TaskRef] = Field(min_length=1, max_length=10_000)
    after: TaskRef | None = None
    before: TaskRef | None = None
    front: bool = False
    swap_with: TaskRef | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> "Place":
        if sum((self.after is not None, self.before is not None, self.front, self.swap_with is not None)) != 1:
            raise ValueError("send one of after, before, front and swap_with")
        if self.swap_with is not None and len(self.tasks) != 1:
            raise ValueError("send one task to swap")
        return self


@router.post("")
async def place(sq: Open, body: Place) -> Answer[QueuedTasks]:
    """Put queued tasks at another place of their queue, all of them or none. The answer has them with their new places, after a
    swap both."""
    if body.swap_with is not None:
        placed = tasks.swap(sq, body.tasks[0], body.swap_with)
    else:
        placed = tasks.place(sq, body.tasks, after=body.after, before=body.before)
    return Answer({"tasks": [in_line(sq, each) for each in placed], "total": len(placed)})
