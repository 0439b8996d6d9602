"""Tools and task classes: how tasks are executed, and how long they may take."""

from fastapi import APIRouter

from sparkq_core import catalogue
from sparkq_http.answer import Answer
from sparkq_http.parameters import Open
from sparkq_http.shapes import project as shapes

router = APIRouter(prefix="/api", tags=["catalogue"])


@router.get("/tools", response_model=shapes.Tools)
async def tools(sq: Open) -> Answer:
    """Every tool: what it tells its worker, and the class of its tasks."""
    listed = [{"name": name, "how": one.how, "task_class": one.task_class} for name, one in catalogue.tools(sq).items()]
    return Answer({"tools": listed, "total": len(listed)})


@router.get("/task-classes", response_model=shapes.TaskClasses)
async def task_classes(sq: Open) -> Answer:
    """Every task class: its timeout in seconds."""
    listed = [
        {"name": name, "timeout": one.timeout, "description": one.description}
        for name, one in catalogue.classes(sq).items()
    ]
    return Answer({"task_classes": listed, "total": len(listed)})
