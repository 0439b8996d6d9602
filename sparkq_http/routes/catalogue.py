"""Tools and task classes: how to execute tasks, and their timeouts."""

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import catalogue
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Open

router = Router(prefix="/api", tags=["catalogue"])


class Tool(TypedDict, closed=True):
    """A tool. `how` tells the worker how to use it."""

    name: str
    how: str
    task_class: str


class Tools(TypedDict, closed=True):
    """All tools."""

    tools: list[Tool]
    total: int


class TaskClass(TypedDict, closed=True):
    """A task class. `timeout` is in seconds."""

    name: str
    timeout: int
    description: str


class TaskClasses(TypedDict, closed=True):
    """All task classes."""

    task_classes: list[TaskClass]
    total: int


@router.get("/tools")
async def tools(sq: Open) -> Answer[Tools]:
    """List all tools, each with the directions for its worker and the class of its tasks."""
    listed: list[Tool] = [
        {"name": name, "how": tool.how, "task_class": tool.task_class} for name, tool in catalogue.tools(sq).items()
    ]
    return Answer({"tools": listed, "total": len(listed)})


@router.get("/task-classes")
async def task_classes(sq: Open) -> Answer[TaskClasses]:
    """List all task classes with their timeouts in seconds."""
    listed: list[TaskClass] = [
        {"name": name, "timeout": task_class.timeout, "description": task_class.description}
        for name, task_class in catalogue.classes(sq).items()
    ]
    return Answer({"task_classes": listed, "total": len(listed)})
