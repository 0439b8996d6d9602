"""The script index: the names, inputs and outputs of the project's scripts, from their comment headers.

It reads the files as text and never runs them. The index is only in memory: the scripts are the source of truth.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sparkq_core.errors import InvalidValue, NoSuchScript
from sparkq_core.scripts.header import SUFFIXES, Reading, read
from sparkq_core.scripts.header import Script as Script
from sparkq_core.scripts.parameters import Parameter as Parameter
from sparkq_core.text import nearest, safe

HEADER_BYTES = 16 * 1024
"""Only the first 16 KiB of a file are read: a header must be in them."""

MAX_SCRIPTS = 5000


class Checked(NamedTuple):
    """A file of the script folders: what of its header cannot be read. `script` is None if there is no header."""

    path: str
    script: Script | None
    problems: tuple[str, ...]


def index(root: Path, folders: Iterable[str]) -> tuple[Script, ...]:
    """Return every script with a header in `folders` (relative to `root`), sorted by name.

    It skips binary files, files that cannot be read, and files that a symlink leads to outside its folder.
    """
    read_files = _scripts(root, folders)
    scripts = (reading.script for _, reading, _ in read_files if reading is not None)
    return tuple(sorted(islice(scripts, MAX_SCRIPTS), key=lambda script: (script.name, script.path)))


def check(root: Path, folders: Iterable[str]) -> tuple[Checked, ...]:
    """Return every file of `folders` that could be a script, by its path, with what the index does not read of it."""
    checked = [
        Checked(path, reading and reading.script, reading.problems if reading else ((why,) if why else ()))
        for path, reading, why in islice(_scripts(root, folders), MAX_SCRIPTS)
    ]
    names = Counter(each.script.name for each in checked if each.script is not None)
    return tuple(
        each._replace(
            problems=(*each.problems, f"name: {names[each.script.name]} scripts are called {each.script.name!r}.")
        )
        if each.script is not None and names[each.script.name] > 1
        else each
        for each in sorted(checked)
    )


def _scripts(root: Path, folders: Iterable[str]) -> Iterator[tuple[str, Reading | None, str]]:
    """Yield each file once: its path, its header, and why it cannot be read."""
    indexed: set[Path] = set()
    for folder in folders:
        base = (root / folder).resolve()
        for file in _files(base):
            real = _real(file)
            if real is None or real in indexed or not real.is_relative_to(base):
                continue
            indexed.add(real)
            path = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
            yield path, *_read(real, path)


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
            file = Path(folder) / name
            if file.suffix in SUFFIXES or (not file.suffix and _has_interpreter(file)):
                yield file


def _has_interpreter(file: Path) -> bool:
    """True if a file without a suffix names the program that runs it: `#!/bin/sh`."""
    try:
        with file.open("rb", buffering=0) as stream:
            return file.is_file() and stream.read(2) == b"#!"
    except OSError:
        return False


def _read(file: Path, path: str) -> tuple[Reading | None, str]:
    try:
        if not file.is_file():
            return None, ""
        with file.open("rb") as stream:
            raw = stream.read(HEADER_BYTES)
    except OSError as error:
        return None, f"It cannot be read: {error.strerror}."
    return (None, "It is not a text.") if b"\0" in raw else (read(raw.decode("utf-8", errors="replace"), path), "")


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
