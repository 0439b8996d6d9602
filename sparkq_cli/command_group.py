"""How a command line is read: which command a word means, and what a wrong word or option is answered with."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperArgument, TyperGroup

from sparkq_cli import words
from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

EXTRA = "Got unexpected extra argument(s) ("
"""How the parser's message about words that no argument takes begins."""


class VerbGroup(TyperGroup):
    """The verbs of a noun, with the other words for them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        verb = words.verb_meant(args[0], self.commands)
        if verb not in self.commands and not verb.startswith("-") and not ctx.resilient_parsing:
            likely = words.near(verb, self.commands)
            hint = f"Did you mean {' or '.join(likely)}?" if likely else f"Known: {', '.join(self.commands)}."
            raise InvalidValue(
                f"Unknown command {safe(verb)[:40]!r} of {ctx.command_path}.", f"{hint} See: {ctx.command_path} --help"
            )
        return super().resolve_command(ctx, [verb, *args[1:]])


@contextmanager
def usage_errors() -> Iterator[None]:
    """Raise the parser's errors as SparkQ's where it can say more, or if the command is asked for JSON."""
    from typer import BadParameter

    usage_error: Any = BadParameter.__base__  # UsageError, which Typer does not export
    try:
        yield
    except usage_error as error:
        sentence = _unquoted(error) or _dashed(error)
        if sentence is not None:
            raise InvalidValue(*sentence) from error
        if "--json" not in sys.argv:
            raise
        path = error.ctx.command_path if error.ctx else "sparkq"
        raise InvalidValue(error.format_message(), f"See: {path} --help") from error


def _unquoted(error: Any) -> tuple[str, str] | None:
    """Return what to say about a sentence without quotes, None if the error is another one."""
    if not error.message.startswith(EXTRA) or error.ctx is None:
        return None
    arguments = [each for each in error.ctx.command.params if isinstance(each, TyperArgument)]
    metavar = (arguments[-1].metavar or "").strip("[].") if arguments else ""
    if metavar not in words.TEXTS:
        return None
    before = [str(error.ctx.params[each.name]) for each in arguments if error.ctx.params.get(each.name) is not None]
    path = error.ctx.command_path.partition(" ")[2]
    return words.unquoted(path, metavar, error.message[len(EXTRA) : -1], before)


def _dashed(error: Any) -> tuple[str, str] | None:
    """Return what to say about a text that begins with a dash, None if it is really an unknown option."""
    text = next((word for word in sys.argv[1:] if word.startswith("-") and len(word.split()) > 1), None)
    if text is None or "=" in text.split()[0] or type(error).__name__ != "NoSuchOption" or error.ctx is None:
        return None
    path = error.ctx.command_path
    return (
        f"{safe(text)[:40]!r} begins with a dash, and was read as an option.",
        f"If it is a text, write -- before it: {path} … -- {safe(text)[:40]!r}. Or pipe it in: {path} … -",
    )
