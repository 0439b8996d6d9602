"""Keeps SparkQ's data out of Git on every branch: its folders have a `.gitignore` with `*`, as caches have.

The repository's own .gitignore belongs to a branch, and a checkout takes it away. SparkQ writes lines to it only for
files in a folder where others have files too.
"""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config import cache, location, writing
from sparkq_core.config.settings import Config
from sparkq_core.errors import StorageError
from sparkq_core.files import durable

FILE = ".gitignore"
TEXT = "# SparkQ's data: never in Git. Made by sparkq setup.\n*\n"
"""The content of the file in SparkQ's folders. `*` hides the file itself too."""

HEAD = "# SparkQ's data"
"""The line before SparkQ's own lines in the repository's .gitignore."""

EARLIER = ("sparkq/data/", "sparkq/logs/", "sparkq/run/")
"""The lines that earlier versions of SparkQ wrote there."""

OWN = frozenset({"data", "logs", "run", "backups", "rescue", FILE})
"""The names that SparkQ uses in its folder `sparkq`."""

SPECIAL = re.compile(r"([\\*?\[\] !#])")


class _Name(NamedTuple):
    """Names of files: all that begin with `start` and go on as the pattern `end` says."""

    start: str
    end: str = ""

    @property
    def line(self) -> str:
        """The pattern in a .gitignore."""
        return f"{_literal(self.start)}{self.end}"

    def matches(self, name: str) -> bool:
        """True if a file may have this name."""
        return name.startswith(self.start) and fnmatchcase(name[len(self.start) :], self.end)


class _Place(NamedTuple):
    """A folder, and the names of SparkQ's files in it."""

    folder: Path
    names: tuple[_Name, ...]


def folders(config: Config) -> tuple[Path, ...]:
    """Return the folders of the project that hold only SparkQ's files, or will be made by it."""
    return _sorted_out(config)[0]


def lines(config: Config) -> tuple[str, ...]:
    """Return the lines that the repository's .gitignore needs for files outside these folders."""
    return _sorted_out(config)[1]


def guard(config: Config) -> tuple[Path, ...]:
    """Write the missing .gitignore of SparkQ's folders, and return the files that were written. Raises StorageError."""
    missing = [folder / FILE for folder in folders(config) if not os.path.lexists(folder / FILE)]
    return tuple(file for file in missing if _written(file, config.root.resolve()))


def _written(file: Path, root: Path) -> bool:
    """Write the file. False if another process was faster. The `root` is not created: it was moved if it is not there."""
    try:
        for folder in reversed(file.parents[: len(file.parent.relative_to(root).parts)]):
            folder.mkdir(exist_ok=True, mode=0o700)
        with durable.building(file) as built:
            built.write_text(TEXT, encoding="utf-8")
            durable.publish(built, file)
    except FileExistsError:
        return False
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}.", "Check the folder's permissions.") from error
    return True


def is_guard(file: Path) -> bool:
    """True if the file is a .gitignore that `guard` wrote and nobody changed."""
    try:
        return not file.is_symlink() and file.read_text(encoding="utf-8") == TEXT
    except (OSError, UnicodeDecodeError):
        return False


def without(file: Path, own: tuple[str, ...]) -> str | None:
    """Return the text of the repository's .gitignore without SparkQ's lines, which are EARLIER and `own`.

    None if it has none of them.
    """
    try:
        if file.is_symlink() or not file.is_file():
            return None
        present = (writing.read(file) or "").splitlines(keepends=True)
    except (OSError, StorageError):
        return None
    if f"{HEAD}\n" not in present:
        return None
    end = at = present.index(f"{HEAD}\n")
    while end + 1 < len(present) and present[end + 1].removesuffix("\n") in (*EARLIER, *own):
        end += 1
    return "".join(present[:at] + present[end + 1 :])


def _sorted_out(config: Config) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    root = config.root.resolve()
    top = root / Path(location.DATABASE).parts[0]
    places = [place for place in _places(config, root) if place.folder.is_relative_to(root)]
    inside = {path for place in places for path in (place.folder, *place.folder.parents)}
    names = [name for place in places for name in place.names]
    is_own = all(file.name in OWN or file in inside for file in _files(top))
    own: dict[Path, None] = {}
    needed: dict[str, None] = {}
    for place in places:
        if place.folder.is_relative_to(top):
            own[top if is_own else place.folder] = None
        elif place.folder != root and all(
            file in inside or file.name == FILE or any(name.matches(file.name) for name in names)
            for file in _files(place.folder)
        ):
            own[place.folder] = None
        else:
            above = "".join(f"/{_literal(part)}" for part in place.folder.relative_to(root).parts)
            needed |= dict.fromkeys(f"{above}/{name.line}" for name in place.names)
    return tuple(own), tuple(needed)


def _places(config: Config, root: Path) -> Iterator[_Place]:
    for file, ends in ((config.database, ("", "-*", ".*")), (config.log, ("", ".*"))):
        yield _Place(file.parent.resolve(), tuple(_Name(file.name, end) for end in ends))
    yield _Place(
        config.run_dir.resolve(),
        (
            _Name("server.lock"),
            _Name("server.token"),
            _Name("runner-", "*.lock"),
            _Name("artefacts.lock"),
            _Name("chat-", "*.lock"),
        ),
    )
    yield _Place((root / cache.PATH).parent.resolve(), (_Name("settings.", "*"),))


def _literal(name: str) -> str:
    """Return the pattern that matches this name only."""
    return SPECIAL.sub(r"\\\1", name)


def _files(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(folder.iterdir())
    except OSError:
        return ()
