"""Tools and task classes: what sparkq.yml says of them, over what the database was seeded with."""

from sparkq_core.config.settings import WEEK_SECONDS, TaskClass, Tool
from sparkq_core.errors import InvalidValue, NoSuchClass, NoSuchTool
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader
from sparkq_core.text import nearest, safe

TOOLS = "SELECT name, how, task_class FROM tools ORDER BY name"
CLASSES = "SELECT name, timeout, description FROM task_classes ORDER BY timeout, name"
HOW = "SELECT how FROM tools WHERE name = :tool"
TOOL = "SELECT how, task_class FROM tools WHERE name = :name"
CLASS = "SELECT timeout, description FROM task_classes WHERE name = :name"

DEFAULT_TOOL = "llm-sonnet"
"""The tool of a task that names none."""


def tools(sq: SparkQ) -> dict[str, Tool]:
    """Every tool by name."""
    seeded = {str(name): Tool(how, task_class) for name, how, task_class in sq.db.rows(TOOLS)}
    return seeded | sq.config.settings.tools


def classes(sq: SparkQ) -> dict[str, TaskClass]:
    """Every task class by name; one that is configured without a description keeps the one that it had."""
    found = {str(name): TaskClass(timeout, description) for name, timeout, description in sq.db.rows(CLASSES)}
    for name, one in sq.config.settings.task_classes.items():
        known = found.get(name)
        found[name] = one if one.description or known is None else one._replace(description=known.description)
    return found


def tool(sq: SparkQ, source: Reader, name: str) -> Tool:
    """The tool called `name`. Raises NoSuchTool."""
    if (configured := sq.config.settings.tools.get(name)) is not None:
        return configured
    row = source.row(TOOL, {"name": name})
    if row is None:
        known = [*sq.config.settings.tools, *(str(one) for one, _, _ in source.rows(TOOLS))]
        raise NoSuchTool(f"There is no tool {safe(name)!r}.", nearest(name, known))
    return Tool(*row)


def how(sq: SparkQ, name: str, seeded: str | None) -> str:
    """The sentence that tells a worker how to execute with tool `name`: the configuration's, else the `seeded` one
    (HOW), else its name."""
    configured = sq.config.settings.tools.get(name)
    return configured.how if configured is not None else seeded or f"Execute it with {name}."


def task_class(sq: SparkQ, source: Reader, name: str) -> TaskClass:
    """The task class called `name`. Raises NoSuchClass."""
    if (configured := sq.config.settings.task_classes.get(name)) is not None:
        return configured
    row = source.row(CLASS, {"name": name})
    if row is None:
        known = [*sq.config.settings.task_classes, *(str(one) for one, _, _ in source.rows(CLASSES))]
        raise NoSuchClass(f"There is no task class {safe(name)!r}.", nearest(name, known))
    return TaskClass(*row)


def checked_timeout(seconds: int) -> int:
    """`seconds` itself, if it can be a timeout: 1 to 604,800 (a week). Raises InvalidValue."""
    if not 1 <= seconds <= WEEK_SECONDS:
        raise InvalidValue(f"A timeout of {seconds} seconds is not possible.", f"Give 1 to {WEEK_SECONDS:,} seconds.")
    return seconds
