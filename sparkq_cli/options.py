"""What commands share: how they are declared, and the parameters that several of them have."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

NOTHING_QUEUED = 1
"""The exit code that answers no: there is no task to claim."""

MOST_IDS = 10_000
"""Tasks in one range: as many as one plan can have."""

ID_LIKE = re.compile(r"#?\d+(?:\s*[-,]\s*#?\d+)*|#\S+")
UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}


def new_app(noun: str | None = None) -> typer.Typer:
    """Return the app of one command, or of a noun with a command for each verb, where `noun` is its help."""
    if noun is None:
        return typer.Typer(add_completion=False, rich_markup_mode=None)
    from sparkq_cli.command_group import VerbGroup  # 5 ms at import, and only nouns need it

    return typer.Typer(cls=VerbGroup, add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=noun)


def task_id(value: str) -> int:
    """`42` or `#42`."""
    digits = value.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        raise InvalidValue(f"{safe(value)[:40]!r} is not a task id.", "Type the number of the task: 42 for #42.")
    return int(digits)


def ids_of(words: Iterable[str]) -> list[int]:
    """Return the ids of `42`, `#42`, `5-9` and `3,5-9`, each once, in their order. Raises InvalidValue."""
    return list(dict.fromkeys(number for word in words for number in _ids(word)))


def _ids(word: str) -> list[int]:
    return [number for part in word.split(",") for number in _range(part)]


def typed(ids: Iterable[int]) -> str:
    """Return ids as you would type them: `3 5-9`."""
    ranges: list[list[int]] = []
    for number in sorted(ids):
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return " ".join("-".join(map(str, ends)) for ends in ranges)


def _each_once(ranges: list[list[int]] | None) -> list[int] | None:
    return None if ranges is None else list(dict.fromkeys(number for each in ranges for number in each))


def _range(part: str) -> range:
    first, dash, last = part.partition("-")
    start = task_id(first)
    end = task_id(last) if dash else start
    if end < start:
        raise InvalidValue(f"{safe(part)[:40]!r} is not a range.", f"Type the smaller number first: {end}-{start}.")
    if end - start >= MOST_IDS:
        raise InvalidValue(f"{safe(part)[:40]!r} is {end - start + 1:,} tasks.", f"Name at most {MOST_IDS:,} at once.")
    return range(start, end + 1)


def ids_and_text(words: Sequence[str]) -> tuple[list[int], str]:
    """Return the ids, and the text behind them if the last word is one. A single word that begins as an id does is not a
    text: `5x` is a slip of the finger, `"5 tests fail"` is a reason.

    Raises InvalidValue.
    """
    last = words[-1].strip() if len(words) > 1 else ""
    begins_as_id = last.startswith(tuple("#0123456789"))
    if len(words) > 1 and not (begins_as_id and (ID_LIKE.fullmatch(last) or len(last.split()) == 1)):
        return ids_of(words[:-1]), words[-1]
    return ids_of(words), ""


def checked_words(text: str, what: str) -> str:
    """Return a text that was typed behind an id. Raises InvalidValue if it is another id."""
    if ID_LIKE.fullmatch(text.strip()):
        raise InvalidValue(
            f"{safe(text)[:40]!r} is not a {what}: it looks like the id of a task.",
            "Name one task. If that is all that you want to say, pipe it in: echo TEXT | sparkq … ID -",
        )
    return text


def milliseconds(text: str) -> int:
    """`3d`, `12h`, `30m`, `45s`, or a number of days. Raises InvalidValue."""
    hit = re.fullmatch(r"(\d{1,6})([dhms]?)", text.strip().lower())
    if hit is None:
        raise InvalidValue(
            f"{safe(text)[:40]!r} is not an age.", "Give days, hours, minutes or seconds: 3d, 12h, 30m, 45s."
        )
    return int(hit.group(1)) * UNITS[hit.group(2) or "d"]


def passed_on(option: str, value: str | int | bool | None) -> list[str]:
    """Return an option as arguments for another command line: none where it was not given."""
    if value is None or value is False:
        return []
    return [option] if value is True else [option, str(value)]


def ids_then(metavar: str, explanation: str) -> Any:
    """Return the declaration of an argument that lists tasks and may end with something else."""
    return typer.Argument(metavar=metavar, help=f"The tasks: 42, 5-9. {explanation}")


def task_ids(explanation: str) -> Any:
    """Return the declaration of an argument that lists tasks: `3 5-9` is six of them."""
    return typer.Argument(parser=_ids, callback=_each_once, metavar="[ID]...", help=f"{explanation} 42, 5-9.")


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
TaskId = Annotated[int, typer.Argument(parser=task_id, metavar="ID", help="The task: 42 for #42.")]
Reason = Annotated[
    str | None, typer.Option("--reason", "-m", metavar="TEXT", help="Why, for the history; `-` reads standard input.")
]
TextFile = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Read the text from a file; `-` is standard input.")
]
QueueArg = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the queue.")]
QueueOpt = Annotated[
    str | None,
    typer.Option("--queue", "-Q", metavar="NAME", help="The queue (default: the setting `queue`, or the only one)."),
]
OnlyQueue = Annotated[
    str | None,
    typer.Option("--queue", "-Q", metavar="NAME", help="Only this queue (default: all queues)."),
]
Attempt = Annotated[
    int | None,
    typer.Option(
        "--attempt", metavar="N", help="Fail unless this is the running attempt (its number comes from the claim)."
    ),
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", help="Maximum number of tasks.")]
