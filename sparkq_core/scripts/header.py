"""The header of a script: its name, inputs, outputs and so on, from its first comments.

A header is written in many ways. What cannot be read is left out, and said in `problems`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config.settings import WEEK_SECONDS

SUFFIXES = {
    ".sh": "run-bash",
    ".bash": "run-bash",
    ".py": "run-python",
    ".js": "run-bash",
    ".rb": "run-bash",
    ".pl": "run-bash",
}
"""The endings of script files, and the tool that executes each."""

KEYS = ("name", "description", "inputs", "outputs", "tags", "timeout", "task_class")
SPELLINGS = {
    "input": "inputs",
    "output": "outputs",
    "tag": "tags",
    "task class": "task_class",
    "task-class": "task_class",
}
_KEY = "|".join((*KEYS, *SPELLINGS))
_KEY_LINE = re.compile(rf"(\s*)(?:({_KEY})\s*:|@({_KEY})\b\s*:?)(.*)", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?:#+|//+)(.*)")
_OPENING = re.compile(
    r"""\s*(?:(/\*+)|[rRuUbB]{0,2}(\"\"\"|''')|(=begin|=pod|=head1)\b|:\s*<<-?\s*['"]?(\w+)['"]?\s*$)"""
)
_STAR = re.compile(r"(\s*)\*+(?!/)")
_PREAMBLE = re.compile(
    r"""\s*(?:set\s+[-+]|shopt\s|IFS=|umask\s|export\s|cd\s|source\s|\.\s|trap\s|readonly\s|require\b|use\s|import\s|from\s+\S+\s+import\b|
    ['"]use\ strict['"]|(?:const|let|var)\s+.*\brequire\(|[A-Z_]+="?\$\(.*dirname)""",
    re.VERBOSE,
)
"""Lines that scripts have before their comment: options of the shell, imports, the folder of the script."""

_TIME = re.compile(
    r"(?:(\d{1,4})\s*h(?:ours?|rs?)?)?\s*(?:(\d{1,6})\s*m(?:in(?:ute)?s?)?)?\s*(?:(\d{1,8})\s*(?:s(?:ec(?:ond)?s?)?)?)?"
)
_NONE = re.compile(r"(?:none|nothing|n/a)(?:[\s.,;(].*)?|-+", re.IGNORECASE)
_MARKED_NEXT = re.compile(r"(?:[,;]|(?<=\)))(?=\s*[\w.-]+\s*\((?:required|optional)\b)", re.IGNORECASE)
_NAMED_NEXT = re.compile(r"[,;](?=\s*[^\w\s]?[\w.-]+[^\w\s]?\s*(?:\(|:|->|\s-\s))")
_NAME = r"([<\[{`'\"$]*)(-{0,2}[\w][\w.-]*)([>\]}`'\"*?]*)"
_PARAMETER = re.compile(rf"(?:[-*•]\s+)?{_NAME}\s*(\([^()]*\))?\s*(->|=>|[:=→–—-](?=\s|$)|:)?\s*(.*)", re.DOTALL)
_WORD = r"(?:[$<\[{]+-{0,2}[\w.-]+[>\]}]*|--[\w-]+|[A-Z][A-Z0-9_]*)[*?]?"
_ALL_NAMES = re.compile(rf"{_WORD}(?:\s+{_WORD})+")
"""Several names without commas: in capitals, or with a mark of what is typed, such as <file> or --dry-run."""


class Parameter(NamedTuple):
    """One input or output of a script."""

    name: str
    required: bool
    description: str = ""


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
    header, problems = _header(text)
    if not header:
        return None
    inputs = _listed(header, "inputs", problems)
    outputs = _listed(header, "outputs", problems)
    return Reading(
        Script(
            name=_unquoted(" ".join(header.get("name", "").split())) or Path(path).stem,
            path=path,
            tool=SUFFIXES.get(Path(path).suffix) or _tool_of(text),
            description=_unquoted(" ".join(header.get("description", "").split())),
            inputs=inputs,
            outputs=outputs,
            tags=tuple(dict.fromkeys(tag for tag in re.split(r"[,;\s\[\]'\"]+", header.get("tags", "")) if tag)),
            timeout=_seconds(header, problems),
            task_class=_unquoted(header.get("task_class", "").strip()) or None,
        ),
        tuple(problems),
    )


def _header(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the values by key, and which keys are repeated: their first value counts."""
    header: dict[str, str] = {}
    repeated: list[str] = []
    key, indent = "", 0
    for body in _comments(text.removeprefix("\ufeff")):
        if body is None:
            key = ""
            continue
        start = _KEY_LINE.fullmatch(body)
        if start is not None and (not key or len(start.group(1)) <= indent):
            word = (start.group(2) or start.group(3)).lower()
            word = SPELLINGS.get(word, word)
            if word in header:
                repeated.append(f"{word}: it is there twice; the first counts.")
            key = "" if word in header else word
            indent = len(start.group(1))
            header.setdefault(word, start.group(4).strip())
        elif key and len(body) - len(body.lstrip()) > indent:
            header[key] += f"\n{body.strip()}"
        else:
            key = ""
    return header, repeated


def _comments(text: str) -> Iterator[str | None]:
    """Yield the text of each line of comments before the first line of code; None for a line without any."""
    closing = ""
    for line in text.splitlines():
        if closing:
            body, end, _ = line.partition(closing)
            star = _STAR.match(body) if closing == "*/" else None
            yield _inside(star.group(1) + " " + body[star.end() :] if star else body)
            closing = "" if end else closing
            continue
        comment, opening = _COMMENT.fullmatch(line), _OPENING.match(line)
        if comment is not None:
            yield _inside(comment.group(1))
        elif opening is not None:
            closing = _closing(opening)
            body, end, _ = line[opening.end() :].partition(closing)
            yield body
            closing = "" if end else closing
        elif not line.strip() or _PREAMBLE.match(line):
            yield None
        else:
            return


def _inside(body: str) -> str:
    """Return a line of a comment without the right edge of a comment that is drawn as a box."""
    bare = body.rstrip().rstrip("#|*")
    edge = body.rstrip()[len(bare) :]
    return bare.rstrip() if (len(edge) > 1 or edge == "|") and bare[-1:].isspace() else body


def _closing(opening: re.Match[str]) -> str:
    block, quotes, pod, here = opening.groups()
    if block:
        return "*/"
    return quotes or here or ("=end" if pod == "=begin" else "=cut")


def _seconds(header: dict[str, str], problems: list[str]) -> int | None:
    """Return a timeout in seconds: `600`, `90s`, `5m`, `1h 30m`, `10 minutes`."""
    value = _unquoted(re.split(r"[,;(#]", header.get("timeout", ""))[0].strip().lower())
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


def _listed(header: dict[str, str], key: str, problems: list[str]) -> tuple[Parameter, ...]:
    """Return the parameters of a key: one or several in a line. A line that is a sentence has none."""
    found: list[Parameter] = []
    for line in header.get(key, "").split("\n"):
        if not line.strip() or _NONE.fullmatch(line.strip()):
            continue
        parameters = [_parameter(part.strip()) for part in _parts(line.strip()) if part.strip()]
        read = [parameter for parameter in parameters if parameter is not None]
        if len(read) < len(parameters):
            problems.append(f"{key}: {line.strip()[:60]!r} has no names. Write NAME (required): what it is.")
        else:
            found += read
    return tuple(found)


def _parts(line: str) -> list[str]:
    if _MARKED_NEXT.search(f",{line}"):
        return _MARKED_NEXT.split(line)
    if _ALL_NAMES.fullmatch(line):
        return line.split()
    first = re.match(r"(?:[-*•]\s+)?[^\w\s]{0,3}\w[\w.-]*[^\w\s]{0,3}\s*(?::|->|\(|-\s)", line)
    return _NAMED_NEXT.split(line) if first else re.split(r"[,;|]", line)


def _parameter(part: str) -> Parameter | None:
    """Return the parameter of a part of a line: `ENV (required): which`, `[file]`, `--dry-run`. None for a sentence."""
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


def _unquoted(value: str) -> str:
    quoted = re.fullmatch(r"(['\"`])(.*)\1", value)
    return quoted.group(2).strip() if quoted else value
