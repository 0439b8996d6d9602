"""Print for a person: tables that fit the terminal, readable times, escaped foreign text.

Text of a task goes through `safe()`. There is colour only on a terminal and without NO_COLOR.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from sparkq_cli import links
from sparkq_core import times, wire
from sparkq_core.config.loading import environment
from sparkq_core.lifecycle import ErrorType, Status
from sparkq_core.model import Task
from sparkq_core.text import counted as counted
from sparkq_core.text import safe, with_escapes

PAINT = re.compile(r"(\x1b\[[\d;]+m)")
UNKNOWN_WIDTH, UNKNOWN_HEIGHT = 100, 24
MARKS = {"warned": ("⚠️", "!"), "limit": ("⏳", "~"), Status.FAILED: ("🔴", "x"), ErrorType.TIMEOUT: ("💀", "X")}
OWN_SYMBOLS = re.compile("|".join(symbol for symbol, _ in MARKS.values()))
"""Two columns each; measured without loading wcwidth."""
ONE_COLUMN_EACH = re.compile("[ -\u02ff\u2010-\u2027]*")
"""Latin letters with and without accents, and typographic punctuation."""
NARROW = 10
"""Columns that the text of a table keeps before others are left out."""
STYLES = {
    Status.QUEUED: "36",
    Status.HELD: "35",
    Status.RUNNING: "33",
    Status.SUCCEEDED: "32",
    Status.FAILED: "31",
    Status.CANCELLED: "2",
    "added": "32",
    "removed": "31",
    "hunk": "36",
    "warning": "33",
    "match": "1;33",
    "dim": "2",
    "bold": "1",
}


def say(text: str = "") -> None:
    """Print lines whose foreign parts were made safe."""
    typer.echo(links.linked(text))


def more(shown: int, total: int, cursor: str | None) -> None:
    """Print how many of a list were shown, and how to go on; nothing if it is complete."""
    if cursor:
        say(f"{shown} of {total}. More: --cursor {cursor}")


def prose(text: str, indent: str = "") -> str:
    """Return words of ours: on a terminal, lines that are too wide for it are broken between their sentences."""
    if not sys.stdout.isatty():
        return text
    from sparkq_cli.wrap import sentences  # 1 ms at import, and only a terminal needs it

    room = columns() - len(indent)
    lines = [part for line in text.split("\n") for part in sentences(line, room, width)]
    return f"\n{indent}".join(lines)


def note(text: str) -> None:
    """Print a remark on standard error, so that it does not get into the output that another program reads."""
    sys.stderr.write(f"sparkq: {safe(text)}\n")


def json_line(value: Mapping[str, Any]) -> None:
    """Print a JSON object: compact in a pipe, indented and escaped on a terminal."""
    typer.echo(json_bytes(value))


def json_row(value: Mapping[str, Any]) -> None:
    """Print a JSON object in a line of its own, one of many; also on a terminal, where it is escaped."""
    typer.echo(escaped(wire.compact(value)) if is_terminal() else json_bytes(value))


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """Return a JSON object as `json_line` prints it: for programs in UTF-8, whatever the encoding of the output."""
    if sys.stdout.isatty():
        return json_text(value, indent=2).encode(sys.stdout.encoding, "backslashreplace")
    return wire.compact(value).encode("utf-8", "backslashreplace")


def answer(facts: Mapping[str, Any], text: str, *, json: bool, quiet: bool = False) -> None:
    """Print what a command did: as JSON, or as text unless `quiet`."""
    if json:
        json_line(facts)
    elif not quiet:
        say(prose(text))


def json_text(value: Mapping[str, Any], indent: int | None = None) -> str:
    """Return JSON for a terminal: control, invisible and bidirectional characters are JSON escapes."""
    import json

    return escaped(json.dumps(value, ensure_ascii=False, indent=indent))


def escaped(text: str) -> str:
    """Escape the characters of a JSON text that a terminal would act on or hide."""
    import json

    return with_escapes(text, lambda character: json.dumps(character)[1:-1])


def is_terminal() -> bool:
    """True if the output is a terminal, whose lines are as long as it is wide."""
    return sys.stdout.isatty()


def has_screen() -> bool:
    """True if the output is a terminal on which text can be put anywhere."""
    return is_terminal() and environment().get("TERM") not in (None, "", "dumb")


def coloured() -> bool:
    """True if the output is a terminal that wants colour."""
    env = environment()
    return sys.stdout.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"


def paint(text: str, style: str) -> str:
    """Return `text` in the style of a status, if the terminal wants colour."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if text and coloured() else text


def fancy() -> bool:
    """True if the encoding of the output has emoji."""
    return (getattr(sys.stdout, "encoding", "") or "").lower().startswith("utf")


def mark(task: Task, now: int) -> str:
    """Return the mark of a task: ⚠️ stale, ⏳ waits for a usage limit, 🔴 failed, 💀 timed out; letters where emoji cannot
    be shown."""
    if task.limit_until is not None:
        name: str | None = "limit"
    else:
        failed = task.status if task.status == Status.FAILED else None
        name = ErrorType.TIMEOUT if task.timed_out else failed or wire.stale(task, now)
    return "" if name is None else MARKS[name][0 if fancy() else 1]


def state(task: Task, now: int) -> str:
    """Return the status with its mark, and in a strict queue what became of the outcome: `failed 🔴 (pending)`."""
    reviewed = f" ({task.review_state})" if task.review_state else ""
    until = f" until {times.moment(task.limit_until, now)}" if task.limit_until is not None else ""
    return f"{task.status} {mark(task, now)}".rstrip() + until + reviewed


def limit(task: Task, now: int) -> str:
    """Say for whose usage limit a running task waits, and how long; nothing for any other task."""
    if task.limit_until is None:
        return ""
    return f"waits for the usage limit of {safe(task.worker or 'its chat')} until {times.moment(task.limit_until, now)}"


def chat_gone(task: Task, now: int) -> str:
    """Return that the chat that holds a running task was closed, and where the way back is; nothing if it is there."""
    if task.chat_gone_at is None:
        return ""
    return f"its chat closed at {times.moment(task.chat_gone_at, now)}: sparkq chat {task.id}"


def columns() -> int:
    """Return the number of columns of the terminal."""
    asked = environment().get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or UNKNOWN_WIDTH  # 0: some terminals do not say
    except (OSError, ValueError):
        return UNKNOWN_WIDTH


def rows() -> int:
    """Return the number of lines of the terminal."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines or UNKNOWN_HEIGHT
    except (OSError, ValueError):
        return UNKNOWN_HEIGHT


def lines_of(text: str) -> int:
    """Return how many lines of the terminal `text` takes, at least."""
    room = columns()
    return sum(1 + max(0, len(PAINT.sub("", line)) - 1) // room for line in text.split("\n"))


def width(text: str) -> int:
    """Return how many columns `text` takes on a terminal; colours take none."""
    if "\x1b" in text:
        text = PAINT.sub("", text)
    if not text.isascii():
        text = OWN_SYMBOLS.sub("xx", text)
        if not ONE_COLUMN_EACH.fullmatch(text):
            from wcwidth import wcswidth  # 40 ms at import

            return wcswidth(text)
    return len(text)


def fit(text: str, room: int) -> str:
    """Return `text`, coloured or not, cut to `room` columns."""
    if width(text) <= room:
        return text
    kept, left = "", room - 1
    for part in PAINT.split(text):
        if PAINT.fullmatch(part):
            kept += part
            continue
        for character in _characters(part):
            left -= width(character)
            if left < 0:
                return f"{kept}…" + ("\x1b[0m" if "\x1b" in kept else "")
            kept += character
    return kept


def one_line(text: str) -> str:
    """Return a line; on a terminal it is cut to its width."""
    return fit(text, columns()) if sys.stdout.isatty() else text


def _characters(text: str) -> Iterable[str]:
    """Split text into what a reader sees as one character, with its accents and variation selectors."""
    if ONE_COLUMN_EACH.fullmatch(text):
        return text
    from wcwidth import iter_graphemes

    return iter_graphemes(text)


SHORT_HEADS = {"TO REVIEW": "REVIEW", "TIMED OUT": "TIMED"}
"""Heads of columns where the terminal has no room for longer ones."""


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    flexible: int,
    droppable: Sequence[int] = (),
    styles: Sequence[str] = (),
    accent: Callable[[str], str] = str,
    below: Sequence[str] = (),
) -> None:
    """Print a table that fits the terminal: `droppable` columns go, in this order, before `flexible` gets too narrow.

    `styles` paints whole rows, `accent` parts of the flexible column, and `below` has a line for under each row, or
    nothing. In a pipe every column is there in full.
    """
    if not rows:
        return
    rows = [[safe(cell) for cell in row] for row in rows]
    widths = [max(width(row[at]) for row in (heads, *rows)) for at in range(len(heads))]
    shown, room = list(range(len(heads))), sum(widths) + 2 * len(widths)
    if sys.stdout.isatty():
        room = columns()
        least = min(NARROW, widths[flexible])
        for at in droppable:
            if _left(widths, shown, flexible, room) >= least:
                break
            shown.remove(at)
        if _left(widths, shown, flexible, room) < least:
            heads = [SHORT_HEADS.get(head, head) for head in heads]
            widths = [max(width(row[at]) for row in (heads, *rows)) for at in range(len(heads))]
        widths[flexible] = max(least, min(widths[flexible], _left(widths, shown, flexible, room)))
    for number, row in enumerate((heads, *rows)):
        cells = [fit(row[at], widths[at]) for at in shown]
        if number:
            cells = [accent(cell) if at == flexible else cell for at, cell in zip(shown, cells, strict=True)]
            cells = [in_colour(cell) if heads[at] == "STATUS" else cell for at, cell in zip(shown, cells, strict=True)]
        line = "  ".join(cell + " " * (widths[at] - width(cell)) for at, cell in zip(shown, cells, strict=True))
        style = "dim" if number == 0 else styles[number - 1] if styles else ""
        text = fit(line.rstrip(), room)
        say(paint(text, style) if style else text)
        if number and below and below[number - 1]:
            typer.echo(below[number - 1])


def in_colour(state: str) -> str:
    """Return the state of a task in the colour of its status; any other state as it is."""
    status = state.partition(" ")[0]
    return paint(state, status) if status in STYLES else state


def _left(widths: Sequence[int], shown: Sequence[int], flexible: int, room: int) -> int:
    """Return the width that the other columns leave to the flexible one."""
    return room - sum(widths[at] for at in shown if at != flexible) - 2 * (len(shown) - 1)


def near(path: Path, root: Path) -> str:
    """Return a path as you would type it in the folder of the project."""
    return safe(str(path.relative_to(root) if path.is_relative_to(root) else path))


def block(text: str, indent: str = "  ") -> str:
    """Return foreign text, safe and indented; on a terminal its long lines are broken between words, but not in code."""
    lines = safe(text, lines=True).split("\n")
    if sys.stdout.isatty():
        from sparkq_cli.wrap import wrapped_lines

        room = columns() - len(indent)
        lines = list(wrapped_lines(lines, room, width))
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def fields(pairs: Sequence[tuple[str, Any]]) -> None:
    """Print `name  value` lines; absent values are left out."""
    say(field_lines(pairs))


def field_lines(pairs: Sequence[tuple[str, Any]]) -> str:
    """Return `name  value` lines; absent values are left out."""
    known = [(safe(name), str(value)) for name, value in pairs if value not in (None, "")]
    widest = max((len(name) for name, _ in known), default=0)
    return "\n".join(f"{paint(name.ljust(widest), 'dim')}  {value}" for name, value in known)


def ordinal(number: int) -> str:
    """Return a number as 1st, 2nd, 3rd, 4th …"""
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
