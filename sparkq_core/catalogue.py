"""Tools and task classes: the built-in ones, overridden by those of the configuration."""

from sparkq_core.config.settings import BUILT_IN_CLASSES, BUILT_IN_TOOLS, WEEK_SECONDS, TaskClass, Tool
from sparkq_core.errors import InvalidValue, NoSuchClass, NoSuchTool
from sparkq_core.project import SparkQ
from sparkq_core.text import nearest, safe

DEFAULT_TOOL = "llm-sonnet"
"""The tool of a task without one."""


def tools(sq: SparkQ) -> dict[str, Tool]:
    """Return every tool by name."""
    return dict(sorted(BUILT_IN_TOOLS.items())) | sq.config.settings.tools


def classes(sq: SparkQ) -> dict[str, TaskClass]:
    """Return every task class by name. The built-in ones are first, sorted by timeout."""
    built_in = sorted(BUILT_IN_CLASSES, key=lambda name: (BUILT_IN_CLASSES[name].timeout, name))
    return {name: task_class(sq, name) for name in [*built_in, *sq.config.settings.task_classes]}


def tool(sq: SparkQ, name: str) -> Tool:
    """Return the tool called `name`. Raises NoSuchTool."""
    configured = sq.config.settings.tools
    match = configured.get(name) or BUILT_IN_TOOLS.get(name)
    if match is None:
        raise NoSuchTool(f"There is no tool {safe(name)!r}.", nearest(name, [*configured, *tools(sq)]))
    return match


def how(sq: SparkQ, name: str) -> str:
    """Return the sentence for the worker on how to execute with tool `name`, even if that tool no longer exists."""
    match = sq.config.settings.tools.get(name) or BUILT_IN_TOOLS.get(name)
    return match.how if match is not None else f"Execute it with {name}."


def task_class(sq: SparkQ, name: str) -> TaskClass:
    """Return the task class called `name`. A built-in one that is configured without a description keeps its own.

    Raises NoSuchClass.
    """
    configured = sq.config.settings.task_classes
    built_in = BUILT_IN_CLASSES.get(name)
    match = configured.get(name, built_in)
    if match is None:
        raise NoSuchClass(f"There is no task class {safe(name)!r}.", nearest(name, [*configured, *classes(sq)]))
    if built_in is not None and not match.description:
        return match._replace(description=built_in.description)
    return match


def checked_timeout(seconds: int) -> int:
    """Return `seconds` if it can be a timeout: 1 to 604,800 (a week). Raises InvalidValue."""
    if not 1 <= seconds <= WEEK_SECONDS:
        raise InvalidValue(f"A timeout of {seconds} seconds is not possible.", f"Use 1 to {WEEK_SECONDS:,} seconds.")
    return seconds
