"""Which values the shell completes for which option and argument of a command."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from sparkq_cli import completion
from sparkq_cli.command_list import COMMANDS
from sparkq_cli.completion import BEFORE, Offer


class Asked(NamedTuple):
    """What the shell asks: for a value of this command, behind what was `given` before, that begins as `typed`."""

    command: str
    given: Mapping[str, Any]
    typed: str


Source = Callable[[Asked], list[Offer]]
"""Returns the values that can be there."""

CLIENTS_OF_HOOKS = ("claude-code", "codex")
DAYS = ("today", "yesterday")
SINCE = ("today", "yesterday", "8h", "3d")
AGES = ("30m", "12h", "1d", "3d", "7d", "30d")
SORTS = ("newest", "oldest", "line")
ENVIRONMENTS = ("dev", "test", "prod")

BY_OPTION: dict[str, Source] = {
    "--queue": lambda asked: completion.queue_offers(asked.command),
    "--session": lambda asked: completion.session_offers(asked.command),
    "--status": lambda asked: completion.statuses(asked.typed),
    "--tool": lambda _: completion.tools(),
    "--class": lambda _: completion.classes(),
    "--worker": lambda _: completion.workers(),
    "--script": lambda _: completion.scripts(),
    "--arg": lambda asked: completion.inputs(asked.given.get("script")),
    "--attempt": lambda asked: completion.attempts(asked.given),
    "--after": lambda asked: completion.task_offers("claim", asked.typed),
    "--before": lambda asked: completion.task_offers("claim", asked.typed),
    "--swap": lambda asked: completion.task_offers("claim", asked.typed),
    "--sort": lambda _: _words(SORTS),
    "--env": lambda _: _words(ENVIRONMENTS),
    "--since": lambda _: _words(SINCE),
    "--day": lambda _: _words(DAYS),
    "--older-than": lambda _: _words(AGES),
    "--newer-than": lambda _: _words(AGES),
    "--unreviewed-older-than": lambda _: _words(AGES),
    "--host": lambda _: _words(("127.0.0.1", "localhost", "0.0.0.0")),
    "--client": lambda _: _words(CLIENTS_OF_HOOKS),
    "--split": lambda _: _ways_to_split(),
}
"""The values of an option."""

BY_ARGUMENT: dict[tuple[str, str], Source] = {
    ("connect", "name"): lambda _: _clients(),
    ("config show", "key"): lambda _: completion.settings(),
    ("config set", "key"): lambda _: completion.settings(),
    ("config set", "value"): lambda asked: completion.values(asked.given.get("key")),
    ("help", "words"): lambda _: list(COMMANDS.items()),
    ("restore", "file"): lambda _: completion.copies(),
    ("scripts", "words"): lambda _: completion.scripts(),
    ("move", "words"): lambda asked: [
        *completion.task_offers(asked.command, asked.typed),
        *(completion.queue_offers(asked.command) if asked.given.get("words") else []),
    ],
}
IDS = ("task_id", "task", "ids", "of", "words")
"""The names of arguments that are tasks, where BY_ARGUMENT does not say otherwise."""

FREE = frozenset(
    [
        "--cursor",
        "--data",
        "--feedback",
        "--file",
        "--instructions",
        "--interval",
        "--key",
        "--limit",
        "--max",
        "--message",
        "--poll",
        "--port",
        "--project",
        "--prompt",
        "--question",
        "--reason",
        "--review-limit",
        "--result",
        "--revision",
        "--search",
        "--timeout",
        "--tools",
        "--type",
    ]
)
"""Options whose values are free: numbers, texts, and files, which the shell completes itself."""


def keep_lines_whole() -> None:
    """Keep Typer from breaking the words about a value into lines of 80 columns, each of which a shell would offer."""
    from typer import _completion_classes

    _completion_classes._sanitize_help_text = lambda text: text  # no help of SparkQ has markup, which this removes


def attach(command: str, parser: Any) -> None:
    """Let the parameters of a command complete their values. It is called only while the shell completes."""
    for parameter in parser.params:
        source = source_of(command, parameter)
        if source is not None:
            # Set from outside: a table says it for all commands at once, and no command imports what only the shell needs.
            parameter._custom_shell_complete = _completing(command, source)


def source_of(command: str, parameter: Any) -> Source | None:
    """Return where the values of a parameter come from, None for a free one."""
    name = parameter.opts[0]
    if name.startswith("-"):
        return next((BY_OPTION[each] for each in parameter.opts if each in BY_OPTION), None)
    if (command, name) in BY_ARGUMENT:
        return BY_ARGUMENT[command, name]
    if command.startswith("queue ") and name == "name" and command != "queue create":
        return lambda asked: completion.queue_offers(asked.command)
    if command.startswith("session ") and name == "name" and command != "session create":
        return lambda asked: completion.session_offers(asked.command)
    return (lambda asked: completion.task_offers(asked.command, asked.typed)) if name in IDS else None


def _completing(command: str, source: Source) -> Any:
    from typer._click.shell_completion import CompletionItem  # what Typer passes on to the shells

    def complete(ctx: Any, parameter: Any, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001  # click gives it
        folder = ctx.find_root().params.get("project")
        if folder:
            with suppress(OSError):
                os.chdir(folder)
        offers = source(Asked(command, {**ctx.params, BEFORE: ctx.args}, incomplete))
        return [CompletionItem(value, help=help or None) for value, help in offers if value.startswith(incomplete)]

    return complete


def _words(words: tuple[str, ...]) -> list[Offer]:
    return [(word, "") for word in words]


def _clients() -> list[Offer]:
    from sparkq_core.installation import mcp_clients

    return [(name, "") for name in mcp_clients.CLIENTS]


def _ways_to_split() -> list[Offer]:
    from sparkq_core import plans

    return [(way, "") for way in plans.BY]
