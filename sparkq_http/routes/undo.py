"""Undo verdicts on several tasks at once."""

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import shapes, wire
from sparkq_core.tasks import undo
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Body, By, Open, TaskRef

router = Router(prefix="/api/undo", tags=["review"])


class Wanted(Body):
    """The tasks whose last verdicts are undone. Without `tasks`, the last verdict of all with everything that was decided
    by the same request or command."""

    tasks: list[TaskRef] = Field(default_factory=list, max_length=1000)


class ManyUndone(TypedDict, closed=True):
    """The tasks as they are again."""

    tasks: list[shapes.Task]
    total: int


@router.post("")
async def undo_many(sq: Open, by: By, body: Wanted | None = None) -> Answer[ManyUndone]:
    """Undo the last verdict, or the last ones on the given `tasks`: all of them or none.

    A reviewed task is unreviewed again, at its place in the inbox, and a late result that was accepted waits again. A
    requeued task has its outcome again. 409 if there is no verdict, or once anything else has happened to a task.
    """
    undone = undo.unreview(sq, body.tasks if body else (), giver=by)
    now = sq.clock.now()
    return Answer({"tasks": [wire.task_brief(each.task, now) for each in undone], "total": len(undone)})
