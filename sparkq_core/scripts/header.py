"""The header of a script: its name, inputs, outputs and so on, from its first comments.

A header is written in many ways. What cannot be read is left out, and said in `problems`.
"""

import re
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config.settings import WEEK_SECONDS
from sparkq_core.scripts.comments import comments
from sparkq_core.scripts.fields import fields
from sparkq_core.scripts.parameters import Line, Parameter, listed

SUFFIXES = {
    ".sh": "run-bash",
    ".bash": "run-bash",
    ".py": "run-python",
    ".js": "run-bash",
    ".rb": "run-bash",
    ".pl": "run-bash",
}
"""The endings of script files, and the tool that executes each."""

_TIME = re.compile(
    r"(?:(\d{1,4})\s*h(?:ours?|rs?)?)?\s*(?:(\d{1,6})\s*m(?:in(?:ute)?s?)?)?\s*(?:(\d{1,8})\s*(?:s(?:ec(?:ond)?s?)?)?)?"
)


class Script(NamedTuple):
    """The header of a script. `path` is relative to the project; `timeout` is in seconds."""

    name: str
    path: str
    tool: str
    description: str = ""
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    tags: tuple[str, ...] = ()
    timeout: int | None = None
    task_class: str | None = None


class Reading(NamedTuple):
    """A header as it was read, and what in it could not be read."""

    script: Script
    problems: tuple[str, ...]


def _tool_of(text: str) -> str:
    """Return the tool for a script without a suffix, by its first line: `#!/usr/bin/env python3`."""
    return "run-python" if "python" in text.partition("\n")[0] else "run-bash"


def parse(text: str, path: str) -> Script | None:
    """Parse the header of a script whose file begins with `text`. None if it has no header."""
    reading = read(text, path)
    return None if reading is None else reading.script


def read(text: str, path: str) -> Reading | None:
    """Read the header of a script whose file begins with `text`. None if it has no header.

    A header is lines `key: value` in the comments, the docstring or the block comment at the top, also behind options of
    the shell and imports. Lines that are indented more continue a value.
    """
    header, problems, prose = fields(comments(text))
    if not header:
        return None
    inputs = listed(header.get("inputs", []), "inputs", problems)
    outputs = listed(header.get("outputs", []), "outputs", problems)
    return Reading(
        Script(
            name=_text(header, "name") or Path(path).stem,
            path=path,
            tool=SUFFIXES.get(Path(path).suffix) or _tool_of(text),
            description=_text(header, "description") or prose,
            inputs=inputs,
            outputs=outputs,
            tags=tuple(dict.fromkeys(tag for tag in re.split(r"[,;\s\[\]'\"]+", _text(header, "tags")) if tag)),
            timeout=_seconds(_text(header, "timeout"), problems),
            task_class=_text(header, "task_class") or None,
        ),
        tuple(problems),
    )


def _text(header: dict[str, list[Line]], key: str) -> str:
    """Return the value of a key as one line, without quotation marks around it."""
    return _unquoted(" ".join(" ".join(line.text for line in header.get(key, ())).split()))


def _seconds(written: str, problems: list[str]) -> int | None:
    """Return a timeout in seconds: `600`, `90s`, `5m`, `1h 30m`, `10 minutes`."""
    value = _unquoted(re.split(r"[,;(#]", written)[0].strip().lower())
    if not value:
        return None
    match = _TIME.fullmatch(value) if value.isascii() else None
    seconds = (
        sum(int(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else 0
    )
    if 1 <= seconds <= WEEK_SECONDS:
        return seconds
    problems.append(f"timeout: {value[:40]!r} is not a time from 1 s to a week. Write 600, 90s, 5m or 1h.")
    return None


def _unquoted(value: str) -> str:
    quoted = re.fullmatch(r"(['\"`])(.*)\1", value)
    return quoted.group(2).strip() if quoted else value
