"""The script index: the names, inputs and outputs of the project's scripts, from their comment headers.

It reads the files as text and never runs them. The index is only in memory: the scripts are the source of truth.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
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
"""The endings of script files, and the tool that executes each."""

HEADER_BYTES = 16 * 1024
"""Only the first 16 KiB of a file are read: a header must be in them."""

MAX_SCRIPTS = 5000
KEYS = ("name", "description", "inputs", "outputs", "tags", "timeout", "task_class")
_KEY_LINE = re.compile(rf"(\s*)({'|'.join(KEYS)})\s*:(.*)", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(?:#|//)(.*)")
_MARK = re.compile(r"\((?:required|optional)\)", re.IGNORECASE)
_MARKED = re.compile(r",(?=\s*[\w.-]+\s*\((?:required|optional)\))", re.IGNORECASE)
"""In a line with marked parameters, a comma before the next marked one. Other commas belong to a description."""
_COMMA = re.compile(r",")
_PARAMETER = re.compile(r"([\w.-]+)\s*(?:\((required|optional)\))?\s*[:-]?\s*(.*)", re.IGNORECASE | re.DOTALL)


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


def parse(text: str, path: str) -> Script | None:
    """Parse the header of a script whose file begins with `text`. None if it has no header.

    A header is `# key: value` (or `//`) in the comments before the first line of code. Comment lines that are indented
    more continue a value. A timeout that is not a number of seconds is ignored.
    """
    header = _header(text)
    if not header:
        return None
    timeout = header.get("timeout", "").strip()
    seconds = int(timeout) if timeout.isascii() and timeout.isdecimal() and len(timeout) < 9 else 0
    return Script(
        name=" ".join(header.get("name", "").split()) or Path(path).stem,
        path=path,
        tool=SUFFIXES.get(Path(path).suffix, "run-bash"),
        description=" ".join(header.get("description", "").split()),
        inputs=tuple(_parameters(header.get("inputs", ""))),
        outputs=tuple(_parameters(header.get("outputs", ""))),
        tags=tuple(dict.fromkeys(tag for tag in re.split(r"[,\s]+", header.get("tags", "")) if tag)),
        timeout=seconds if 1 <= seconds <= WEEK_SECONDS else None,
        task_class=header.get("task_class", "").strip() or None,
    )


def _header(text: str) -> dict[str, str]:
    """Return the values by key. If a key is repeated, its first value counts."""
    header: dict[str, str] = {}
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
            key = "" if word in header else word
            indent = len(start.group(1))
            header.setdefault(word, start.group(3).strip())
        elif key and len(body) - len(body.lstrip()) > indent:
            header[key] += f"\n{body.strip()}"
        else:
            key = ""
    return header


def _parameters(text: str) -> Iterator[Parameter]:
    """Parse `ENV (required), VERSION (optional)`, or one parameter on each line followed by its description."""
    for part in (part for line in text.split("\n") for part in (_MARKED if _MARK.search(line) else _COMMA).split(line)):
        match = _PARAMETER.fullmatch(part.strip().removeprefix("- "))
        if match is not None:
            name, mark, description = match.groups()
            yield Parameter(name, (mark or "").lower() == "required", " ".join(description.split()))


def index(root: Path, folders: Iterable[str]) -> tuple[Script, ...]:
    """Return every script with a header in `folders` (relative to `root`), sorted by name.

    It skips binary files, files that cannot be read, and files that a symlink leads to outside its folder.
    """
    return tuple(sorted(islice(_scripts(root, folders), MAX_SCRIPTS), key=lambda script: (script.name, script.path)))


def _scripts(root: Path, folders: Iterable[str]) -> Iterator[Script]:
    indexed: set[Path] = set()
    for folder in folders:
        base = (root / folder).resolve()
        for file in _files(base):
            real = _real(file)
            if real is None or real in indexed or not real.is_relative_to(base):
                continue
            script = _read(real, str(file.relative_to(root)) if file.is_relative_to(root) else str(file))
            if script is not None:
                indexed.add(real)
                yield script


def _real(file: Path) -> Path | None:
    try:
        return file.resolve()
    except (OSError, RuntimeError):  # a circle of links
        return None


def _files(base: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(base):
        inner[:] = sorted(
            name for name in inner if not name.startswith(".") and name not in ("node_modules", "__pycache__")
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


def matching(scripts: Iterable[Script], words: Iterable[str]) -> tuple[Script, ...]:
    """Return the scripts that have each of `words` in the name, the description or a tag. The case is ignored."""
    wanted = [word.casefold() for word in words]
    return tuple(
        script
        for script in scripts
        if all(
            any(word in part.casefold() for part in (script.name, script.description, *script.tags)) for word in wanted
        )
    )


def by_name(scripts: Iterable[Script], name: str) -> Script:
    """Return the script with this name or path. Raises NoSuchScript, and InvalidValue if several have the name."""
    indexed = list(scripts)
    matches = [script for script in indexed if name in (script.name, script.path)]
    if not matches:
        raise NoSuchScript(
            f"There is no script {safe(name)!r}.",
            nearest(name, [script.name for script in indexed])
            or "Add a header to the script: # name: …, and its folder to script_dirs.",
        )
    if len(matches) > 1:
        raise InvalidValue(
            f"{len(matches)} scripts are called {safe(name)!r}.",
            f"Use the path instead: {', '.join(script.path for script in matches[:4])}.",
        )
    return matches[0]


def prompt(script: Script, arguments: Mapping[str, str]) -> str:
    """Write the prompt of a task that runs `script` with `arguments`.

    Raises InvalidValue if a required input is missing, or if an argument is not one of its inputs.
    """
    known = [parameter.name for parameter in script.inputs]
    missing = [parameter.name for parameter in script.inputs if parameter.required and parameter.name not in arguments]
    if missing:
        raise InvalidValue(
            f"{safe(script.name)} needs {', '.join(missing)}.", " ".join(f"--arg {name}=…" for name in missing)
        )
    unknown = [name for name in arguments if name not in known]
    if unknown:
        inputs = f"Its inputs: {', '.join(known)}." if known else "It has no inputs."
        raise InvalidValue(f"{safe(script.name)} has no input {safe(unknown[0])!r}.", inputs)
    lines = [f"Run the script {script.path}"]
    if script.description:
        lines += ["", script.description]
    if arguments:
        lines += ["", "Inputs:", *(f"- {name} = {value}" for name, value in arguments.items())]
    if script.outputs:
        lines += [
            "",
            "Report:",
            *(f"- {output.name}{f': {output.description}' if output.description else ''}" for output in script.outputs),
        ]
    return "\n".join(lines) + "\n"
