"""The manual page, in the language of man, from the commands themselves."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from typer.main import get_command

from sparkq_cli.command_list import SECTIONS, module_name
from sparkq_cli.words import ALIASES
from sparkq_core import __version__

EXITS = {
    0: "Done.",
    1: "The answer is no: a task that was waited for failed, no server runs, a check found a problem, no task is queued.",
    2: "Invalid: a value or an option is not allowed.",
    3: "Not found: a queue, a task, a session, a project.",
    4: "Conflict: a wrong state, a lost claim, a closed queue, a name that is taken.",
    70: "A defect of SparkQ; the message names a file with the details.",
    74: "Storage: the disk is full or read-only, or the file is damaged.",
    75: "Busy: other processes kept the database locked.",
    124: "wait: the time is over.",
    130: "Ended with Ctrl-C or Ctrl-D; nothing of what was asked was done. runner --drain: the queue is not empty. (143 by kill, "
    "141 where its reader is gone.)",
}
ENVIRONMENT = {
    "SPARKQ_CONFIG": "The sparkq.yml to use, instead of that of the working directory or of a folder above.",
    "SPARKQ_SECTION__KEY": "Overrides a setting: SPARKQ_SERVER__PORT=5006.",
    "EDITOR, VISUAL": "Opens for a text that was not given.",
    "PAGER": "Shows long texts.",
    "NO_COLOR": "If set, no output has colour.",
}
FILES = {
    "sparkq.yml": "The settings of the project.",
    "sparkq/data/sparkq.db": "The database, with every task and result.",
    ".git/sparkq/backups": "The daily backups, where a Git repository is.",
}
DESCRIPTION = (
    "SparkQ is a local task queue for one repository. You queue tasks, Claude does them over MCP, and you review the results. "
    "Without a command, sparkq shows the state of the project."
)


def manual() -> str:
    """Return the manual page of sparkq as the source of man(7)."""
    return "\n".join([*_head(), *_commands(), *_foot()]) + "\n"


def _head() -> Iterator[str]:
    yield f'.TH SPARKQ 1 "" "sparkq {__version__}" "SparkQ"'
    yield ".SH NAME"
    yield r"sparkq \- queue work for Claude, walk away, review the results later"
    yield ".SH SYNOPSIS"
    yield r"\fBsparkq\fR [\fB\-C\fR \fIPATH\fR] [\fICOMMAND\fR [\fIARGUMENTS\fR]]"
    yield ".SH DESCRIPTION"
    yield escaped(DESCRIPTION)


def _commands() -> Iterator[str]:
    for section, commands in SECTIONS.items():
        yield f".SH {section.upper()}"
        for name in commands:
            parser: Any = get_command(import_module(module_name(name)).app)
            verbs: dict[str, Any] = getattr(parser, "commands", {})
            if not verbs:
                yield from _command(name, parser)
                continue
            for verb, inner in verbs.items():
                yield from _command(f"{name} {verb}", inner)


def _command(name: str, parser: Any) -> Iterator[str]:
    """Yield a command: how it is typed, what it does, and each of its parameters."""
    arguments = [each for each in parser.params if each.param_type_name == "argument"]
    options = [each for each in parser.params if each.param_type_name == "option"]
    metavars = " ".join(rf"\fI{escaped(each.metavar or (each.name or '').upper())}\fR" for each in arguments)
    yield rf".SS sparkq {escaped(name)} {metavars}".rstrip()
    for paragraph in (parser.help or "").replace("\b\n", "").split("\n\n"):
        is_example = paragraph.lstrip().startswith("Example") or paragraph.startswith("  ")
        yield ".PP"
        if is_example:
            yield from (".nf", *map(escaped, paragraph.split("\n")), ".fi")
        else:
            yield escaped(" ".join(paragraph.split()))
    for option in options:
        value = "" if option.is_flag else rf" \fI{escaped(option.metavar or 'VALUE')}\fR"
        yield ".TP"
        yield ", ".join(rf"\fB{escaped(each)}\fR" for each in (*option.opts, *option.secondary_opts)) + value
        yield escaped(option.help or "")
    for argument in arguments:
        yield ".TP"
        yield rf"\fI{escaped(argument.metavar or argument.name or '')}\fR"
        yield escaped(argument.help or "")


def _foot() -> Iterator[str]:
    yield ".SH OTHER WORDS"
    for word, command in sorted(ALIASES.items()):
        yield from (".TP", rf"\fBsparkq {escaped(word)}\fR", rf"The same as sparkq {escaped(' '.join(command))}.")
    for head, entries in (("EXIT STATUS", EXITS), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        yield f".SH {head}"
        for name, text in entries.items():
            yield from (".TP", rf"\fB{escaped(str(name))}\fR", escaped(text))
    yield ".SH SEE ALSO"
    yield escaped("The guide, docs/guide.md of the source. Help of one command: sparkq help COMMAND")


def escaped(text: str) -> str:
    """Return a line that man shows as it is: backslashes and hyphens stay, and a leading dot or quote is not a request."""
    shown = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{shown}" if shown.lstrip().startswith((".", "'")) else shown
