"""The inputs and outputs of a header, one or several in a line."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

_NONE = re.compile(r"(?:none|nothing|n/a)(?:[\s.,;(].*)?|-+", re.IGNORECASE)
_MARKED_NEXT = re.compile(r"(?:[,;]|(?<=\)))(?=\s*[\w.-]+\s*\((?:required|optional)\b)", re.IGNORECASE)
_NAMED_NEXT = re.compile(r"[,;](?=\s*[^\w\s]?[\w.-]+[^\w\s]?\s*(?:\(|:|->|\s-\s))")
_NAME = r"([<\[{`'\"$]*)(-{0,2}[\w][\w.-]*)([>\]}`'\"*?]*)"
_PARAMETER = re.compile(rf"(?:[-*•]\s+)?{_NAME}\s*(\([^()]*\))?\s*(->|=>|[:=→–—-](?=\s|$)|:)?\s*(.*)", re.DOTALL)
_PATH = re.compile(
    r"(?:[-*•]\s+)?([`'\"]?)((?!\w+://)[~.\w*%${}-]*/[\w./*%${}~<>\[\]-]*)\1\s*(?:(\(.*\))|(?:->|[:=→–—-])\s+(.*))?",
    re.DOTALL,
)
"""A file or folder: `build/report.html`, `~/cache/*.json: one a day`."""

_BULLET = re.compile(r"[-*•]\s")
_WORD = r"(?:[$<\[{]+-{0,2}[\w.-]+[>\]}]*|--[\w-]+|[A-Z][A-Z0-9_]*)[*?]?"
_ALL_NAMES = re.compile(rf"{_WORD}(?:\s+{_WORD})+")
"""Several names without commas: in capitals, or with a mark of what is typed, such as <file> or --dry-run."""


class Parameter(NamedTuple):
    """One input or output of a script."""

    name: str
    required: bool
    description: str = ""


class Line(NamedTuple):
    """A line of a value. `indent` is None for the rest of the line that has the key."""

    indent: int | None
    text: str


def listed(lines: Sequence[Line], key: str, problems: list[str]) -> tuple[Parameter, ...]:
    """Return the parameters of a key: one or several in a line. A line that is a sentence has none.

    A line that is indented more than its parameter continues its description. A heading above a list is left out.
    """
    found: list[Parameter] = []
    last: Line | None = None
    for line, following in zip_longest(lines, lines[1:]):
        if not line.text or _NONE.fullmatch(line.text):
            continue
        if found and last is not None and _continues(line, last):
            found[-1] = _longer(found[-1], line.text)
            continue
        if following is not None and _is_heading(line, following):
            last = None
            continue
        parameters = [_parameter(part.strip()) for part in _parts(line.text) if part.strip()]
        read = [parameter for parameter in parameters if parameter is not None]
        if len(read) == len(parameters):
            found += read
            last = line
        elif last is not None and last.indent is None and found[-1].description and not _BULLET.match(line.text):
            found[-1] = _longer(found[-1], line.text)
        else:
            problems.append(f"{key}: {line.text[:60]!r} has no names. Write NAME (required): what it is.")
    return tuple(found)


def _continues(line: Line, last: Line) -> bool:
    """True if a line is below a parameter of the line `last`, and not one itself whose colon is below the other's."""
    if line.indent is None or last.indent is None or line.indent <= last.indent:
        return False
    colon, last_colon = line.text.find(":"), last.text.find(":")
    return colon < 0 or last_colon < 0 or line.indent + colon != last.indent + last_colon


def _is_heading(line: Line, following: Line) -> bool:
    return (
        line.text.endswith(":")
        and not _BULLET.match(line.text)
        and (following.indent or 0) > (line.indent or 0)
        and _BULLET.match(following.text) is not None
    )


def _longer(parameter: Parameter, more: str) -> Parameter:
    return parameter._replace(description=" ".join(f"{parameter.description} {more}".split()))


def _parts(line: str) -> list[str]:
    if _PATH.fullmatch(line):
        return [line]
    if _MARKED_NEXT.search(f",{line}"):
        return _MARKED_NEXT.split(line)
    if _ALL_NAMES.fullmatch(line):
        return line.split()
    first = re.match(r"(?:[-*•]\s+)?[^\w\s]{0,3}\w[\w.-]*[^\w\s]{0,3}\s*(?::|->|\(|-\s)", line)
    return _NAMED_NEXT.split(line) if first else re.split(r"[,;|]", line)


def _parameter(part: str) -> Parameter | None:
    """Return the parameter of a part of a line: `ENV (required): which`, `[file]`, `--dry-run`. None for a sentence."""
    path = _PATH.fullmatch(part)
    if path is not None:
        return Parameter(path.group(2), False, " ".join((path.group(3) or path.group(4) or "").split()))
    match = _PARAMETER.fullmatch(part)
    if match is None:
        return None
    before, name, behind, mark, separator, description = match.groups()
    is_name = before or behind or mark or separator or name.isupper() or re.search(r"[_.-]", name)
    if description and not is_name:
        return None
    words = (mark or "").lower()
    is_optional = "optional" in words or "not required" in words or "[" in before or "?" in behind
    required = not is_optional and ("required" in words or "*" in behind or "<" in before)
    kept = "" if mark is None or re.fullmatch(r"\(\s*(?:required|optional)\s*\)", words) else f"{mark} "
    return Parameter(name.rstrip("."), required, " ".join((kept + description).split()))
