"""The files of one folder: their names, and whether SparkQ wrote what is in them.

The first line of each file says of which task it is, and has the hash of the rest. A file that you have changed is
yours, as one of another project is: SparkQ leaves it, and writes beside it.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core.files import durable

TEXT, PATCH = ".md", ".patch"
LONGEST_NAME = 60
"""Characters of a title that are in a name."""

MARK = re.compile(rb"(?:<!-- )?SparkQ task (\d{1,19}), project ([0-9a-f]{12}), sha256 ([0-9a-f]{64})(?: -->)?\n")
NAME = re.compile(rf"(\d{{4,}})(-[a-z0-9-]+)?(?:{re.escape(TEXT)}|{re.escape(PATCH)})")


class Owner(NamedTuple):
    """The task of some files, and the id of its project."""

    task: int
    project: str


def stem(task_id: int, title: str) -> str:
    """Return the name of a task's files without their ending: `0042-fix-the-dates`.

    It has only small letters of ASCII, digits and hyphens, which every file system keeps as they are.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].strip("-")
    return f"{task_id:04d}-{words}" if words else f"{task_id:04d}"


def put(folder: Path, name: str, owner: Owner, contents: dict[str, bytes]) -> list[Path]:
    """Write the files of a task, by their endings, and remove those that SparkQ wrote for it before.

    Each appears whole. Returns their paths. Raises OSError.
    """
    before = set(own(folder, owner))
    free = next(each for each in _names(name) if _is_free(folder, each, contents, before))
    written = [folder / f"{free}{ending}" for ending in contents]
    for file, content in zip(written, contents.values(), strict=True):
        with durable.building(file) as built:
            built.write_bytes(_marked(content, owner, hidden=file.suffix == TEXT))
            durable.put(built, file)
    _remove(before.difference(written))
    return written


def remove(folder: Path, owner: Owner) -> list[Path]:
    """Remove the files that SparkQ wrote for a task, and return their paths. Raises OSError."""
    files = own(folder, owner)
    _remove(files)
    return files


def own(folder: Path, owner: Owner) -> list[Path]:
    """Return the files that SparkQ wrote for a task, as it wrote them. Raises OSError."""
    beginning = f"{owner.task:04d}"
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.name.startswith(beginning)]
    except FileNotFoundError:
        return []
    files = [folder / name for name in sorted(names) if (match := NAME.fullmatch(name)) and match[1] == beginning]
    return [file for file in files if _owner(file) == owner]


def _names(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _is_free(folder: Path, name: str, contents: dict[str, bytes], own_files: set[Path]) -> bool:
    files = (folder / f"{name}{ending}" for ending in contents)
    return all(file in own_files or not os.path.lexists(file) for file in files)


def _remove(files: list[Path] | set[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _marked(content: bytes, owner: Owner, *, hidden: bool) -> bytes:
    mark = f"SparkQ task {owner.task}, project {owner.project}, sha256 {_digest(content)}"
    return f"<!-- {mark} -->\n".encode() + content if hidden else f"{mark}\n".encode() + content


def _owner(file: Path) -> Owner | None:
    """Return whose file this is; None if SparkQ did not write it so."""
    with suppress(OSError), os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return None
        content = stream.read()
        match = MARK.match(content)
        if match is not None and _digest(content[match.end() :]).encode() == match[3]:
            return Owner(int(match[1]), match[2].decode())
    return None


def _digest(content: bytes) -> str:
    from hashlib import sha256  # 4 MB, which an idle server does not need

    return sha256(content).hexdigest()
