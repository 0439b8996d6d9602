"""Every command of `sparkq`, as its own rooms list them."""

from importlib import import_module
from typing import Any

from typer.main import get_command

from sparkq_cli.command_list import ROOMS, module


def every_command() -> dict[str, Any]:
    """The parsers by what is typed: "tasks", "queue create"."""
    found: dict[str, Any] = {}
    for room in ROOMS:
        command = get_command(import_module(module(room)).app)
        inner = getattr(command, "commands", None)
        found |= {f"{room} {name}": one for name, one in inner.items()} if inner else {room: command}
    return found


def options(command: Any) -> set[str]:
    """What a command takes: "--json", "--queue", "task_id"."""
    return {option for parameter in command.params for option in parameter.opts}


COMMANDS = every_command()
