"""The parser of every command, as the commands' own modules declare it."""

from importlib import import_module
from typing import Any

from typer.main import get_command

from sparkq_cli.command_list import COMMANDS, module_name


def every_parser() -> dict[str, Any]:
    """Return the parsers by what is typed: "tasks", "queue create"."""
    parsers: dict[str, Any] = {}
    for command in COMMANDS:
        parser = get_command(import_module(module_name(command)).app)
        verbs = getattr(parser, "commands", None)
        parsers |= {f"{command} {verb}": inner for verb, inner in verbs.items()} if verbs else {command: parser}
    return parsers


def options(parser: Any) -> set[str]:
    """Return what a command takes: "--json", "--queue", "task_id"."""
    return {option for parameter in parser.params for option in parameter.opts}


PARSERS = every_parser()
