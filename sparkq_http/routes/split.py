"""The tasks that a text would become, before they are enqueued."""

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core.titles import title_of
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Body
from sparkq_http.routes.tasks import NewTasks

router = Router(prefix="/api/tasks/split", tags=["tasks"])


class Plan(Body):
    """A text with several tasks, as `POST /api/tasks/bulk` takes it."""

    text: str


class PlannedTask(TypedDict, closed=True):
    """A task that would be enqueued."""

    title: str
    prompt: str


class PlannedTasks(TypedDict, closed=True):
    """The tasks that a text would become, in their order."""

    tasks: list[PlannedTask]
    total: int


@router.post("")
async def preview_split(body: Plan) -> Answer[PlannedTasks]:
    """Show which tasks `POST /api/tasks/bulk` would enqueue for this text. Nothing is enqueued."""
    # The body of that route, so that the same code splits; its queue is not looked at.
    drafts = NewTasks(queue="", text=body.text, timeout=None).drafts()
    planned: list[PlannedTask] = [{"title": title_of(draft.prompt), "prompt": draft.prompt} for draft in drafts]
    return Answer({"tasks": planned, "total": len(planned)})
