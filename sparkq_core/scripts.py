"""The script index: comment headers of the project's scripts -> what they are, need and give.

Reads files as text and never runs one. The scripts stay the only source of truth: the index lives in memory.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config.settings import WEEK_SECONDS
from sparkq_core.errors import InvalidValue, NoSuchScript
from sparkq_core.text import nearest, safe

SUFFIXES = {
    ".sh": "run-bash",
    ".bash": "run-bash",
    ".py": "run-python",
    ".js": "run-bash",
    ".rb": "run-bash",
    ".pl": "run-bash",
}
"""What the files are called, and the tool that executes them."""

HEADER_BYTES = 16 * 1024
"""A header stands in the first 16 KiB of its file; the rest is not read."""

MAX_SCRIPTS = 5000
KEYS = ("name", "description", "inputs", "outputs", "tags", "timeout", "task_class")
_KEY_LINE = re.compile(rf"(\s*)({'|'.join(KEYS)})\s*:(.*)", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?:#|//)(.*)")
_MARK = re.compile(r"\((?:required|optional)\)", re.IGNORECASE)
_MARKED = re.compile(r",(?=\s*[\w.-]+\s*\((?:required|optional)\))", re.IGNORECASE)
"""Where parameters are marked, a comma before the next marked one; the others belong to a description."""
_COMMA = re.compile(r",")
_PARAMETER = re.compile(r"([\w.-]+)\s*(?:\((required|optional)\))?\s*[:-]?\s*(.*)", re.IGNORECASE | re.DOTALL)


class Parameter(NamedTuple):
    """One input or output of a script."""

    name: str
    required: bool
    description: str = ""


class Script(NamedTuple):
    """A script by its header. `path` is relative to the project; `timeout` in seconds."""

    name: str
    path: str
    tool: str
    description: str = ""
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    tags: tuple[str, ...] = ()
    timeout: int | None = None
    task_class: str | None = None


def parse(text: str, path: str) -> Script | None:
    """The script whose file begins with `text`, or None when it has no header.

    A header is `# key: value` (or `//`) in the comments before the first line of code; deeper indented comment lines
    continue a value. A timeout that is no number of seconds is left out.
    """
    found = _header(text)
    if not found:
        return None
    timeout = found.get("timeout", "").strip()
    seconds = int(timeout) if timeout.isascii() and timeout.isdecimal() and len(timeout) < 9 else 0
    return Script(
        name=" ".join(found.get("name", "").split()) or Path(path).stem,
        path=path,
        tool=SUFFIXES.get(Path(path).suffix, "run-bash"),
        description=" ".join(found.get("description", "").split()),
        inputs=tuple(_parameters(found.get("inputs", ""))),
        outputs=tuple(_parameters(found.get("outputs", ""))),
        tags=tuple(dict.fromkeys(tag for tag in re.split(r"[,\s]+", found.get("tags", "")) if tag)),
        timeout=seconds if 1 <= seconds <= WEEK_SECONDS else None,
        task_class=found.get("task_class", "").strip() or None,
    )


def _header(text: str) -> dict[str, str]:
    """The values by key; the first of each key counts."""
    found: dict[str, str] = {}
    key, indent = "", 0
    for line in text.splitlines():
        if not line.strip():
            key = ""
            continue
        comment = _COMMENT.fullmatch(line)
        if comment is None:
            break
        body = comment.group(1)
        start = _KEY_LINE.fullmatch(body)
        if start is not None and (not key or len(start.group(1)) <= indent):
            word = start.group(2).lower()
            key = "" if word in found else word
            indent = len(start.group(1))
            found.setdefault(word, start.group(3).strip())
        elif key and len(body) - len(body.lstrip()) > indent:
            found[key] += f"\n{body.strip()}"
        else:
            key = ""
    return found


def _parameters(text: str) -> Iterator[Parameter]:
    """`ENV (required), VERSION (optional)`, or one a line with a description behind it."""
    for part in (part for line in text.split("\n") for part in (_MARKED if _MARK.search(line) else _COMMA).split(line)):
        hit = _PARAMETER.fullmatch(part.strip().removeprefix("- "))
        if hit is not None:
            yield Parameter(hit.group(1), (hit.group(2) or "").lower() == "required", " ".join(hit.group(3).split()))


def index(root: Path, folders: Iterable[str]) -> tuple[Script, ...]:
    """Every script with a header in `folders` (relative to `root`), by name.

    Files that a symlink takes outside its folder, that are binary, or cannot be read, are passed over.
    """
    found: dict[Path, Script] = {}
    for folder in folders:
        base = (root / folder).resolve()
        for file in _files(base):
            real = _real(file)
            if real is None or real in found or not real.is_relative_to(base) or len(found) >= MAX_SCRIPTS:
                continue
            script = _read(real, str(file.relative_to(root)) if file.is_relative_to(root) else str(file))
            if script is not None:
                found[real] = script
    return tuple(sorted(found.values(), key=lambda one: (one.name, one.path)))


def _real(file: Path) -> Path | None:
    try:
        return file.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return None


def _files(base: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(base):
        inner[:] = sorted(
            one for one in inner if not one.startswith(".") and one not in ("node_modules", "__pycache__")
        )
        for name in sorted(names):
            if Path(name).suffix in SUFFIXES:
                yield Path(folder) / name


def _read(file: Path, path: str) -> Script | None:
    try:
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            raw = stream.read(HEADER_BYTES)
    except OSError:
        return None
    return None if b"\0" in raw else parse(raw.decode("utf-8", errors="replace"), path)


def matching(found: Iterable[Script], words: Iterable[str]) -> tuple[Script, ...]:
    """Those that have each of `words` in a tag, the name or the description, whatever its case."""
    wanted = [word.casefold() for word in words]
    return tuple(
        one
        for one in found
        if all(any(word in part.casefold() for part in (one.name, one.description, *one.tags)) for word in wanted)
    )


def named(found: Iterable[Script], name: str) -> Script:
    """The script called `name`, or at that path. Raises NoSuchScript, InvalidValue when two have the name."""
    listed = list(found)
    hits = [one for one in listed if name in (one.name, one.path)]
    if not hits:
        raise NoSuchScript(
            f"There is no script {safe(name)!r}.",
            nearest(name, [one.name for one in listed])
            or "Add a header to one: # name: …, and name its folder in script_dirs.",
        )
    if len(hits) > 1:
        raise InvalidValue(
            f"{len(hits)} scripts are called {safe(name)!r}.",
            f"Name its path: {', '.join(one.path for one in hits[:4])}.",
        )
    return hits[0]


def prompt(script: Script, arguments: Mapping[str, str]) -> str:
    """The task that asks to run `script` with `arguments`.

    Raises InvalidValue when a required input is missing or an argument is none of its inputs.
    """
    known = {one.name: one for one in script.inputs}
    missing = [one.name for one in script.inputs if one.required and one.name not in arguments]
    if missing:
        raise InvalidValue(
            f"{safe(script.name)} needs {', '.join(missing)}.", " ".join(f"--arg {name}=…" for name in missing)
        )
    unknown = [name for name in arguments if name not in known]
    if unknown:
        takes = f"It takes: {', '.join(known)}." if known else "It takes no inputs."
        raise InvalidValue(f"{safe(script.name)} has no input {safe(unknown[0])!r}.", takes)
    lines = [f"Run the script {script.path}"]
    if script.description:
        lines += ["", script.description]
    if arguments:
        lines += ["", "Inputs:", *(f"- {name} = {value}" for name, value in arguments.items())]
    if script.outputs:
        lines += [
            "",
            "Report:",
            *(f"- {one.name}{f': {one.description}' if one.description else ''}" for one in script.outputs),
        ]
    return "\n".join(lines) + "\n"
