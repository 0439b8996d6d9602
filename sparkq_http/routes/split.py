"""The tasks that a text would become, before they are enqueued."""

from typing import NotRequired

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import tasks
from sparkq_core.titles import title_of
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Body, Open, Word, queue_name
from sparkq_http.routes.tasks import NewTasks

router = Router(prefix="/api/tasks/split", tags=["tasks"])


class Plan(Body):
    """A text with several tasks, as `POST /api/tasks/bulk` takes it, and the queue that they are for."""

    text: str
    queue: Word = None


class PlannedTask(TypedDict, closed=True):
    """A task that would be enqueued. `queued` is the id of the task that waits in the queue with this prompt already."""

    title: str
    prompt: str
    queued: NotRequired[int]


class PlannedTasks(TypedDict, closed=True):
    """The tasks that a text would become, in their order."""

    tasks: list[PlannedTask]
    total: int


@router.post("")
async def preview_split(sq: Open, body: Plan) -> Answer[PlannedTasks]:
    """Show which tasks `POST /api/tasks/bulk` would enqueue for this text, and which of them are queued already. Nothing
    is enqueued."""
    # The body of that route, so that the same code splits; its queue is not looked at.
    drafts = NewTasks(queue="", text=body.text, timeout=None).drafts()
    twins = tasks.waiting(sq, queue_name(sq, body.queue), drafts) if body.queue else [None] * len(drafts)
    planned = [_planned(draft.prompt, twin) for draft, twin in zip(drafts, twins, strict=True)]
    return Answer({"tasks": planned, "total": len(planned)})


def _planned(prompt: str, twin: int | None) -> PlannedTask:
    task: PlannedTask = {"title": title_of(prompt), "prompt": prompt}
    return task if twin is None else {**task, "queued": twin}
