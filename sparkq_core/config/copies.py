"""The copies of a database: the folders where they are kept, and their names.

In a Git repository that is Git's own folder, as Git LFS does it: `git clean`, a stash and a checkout leave it alone, and
all work trees share it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sparkq_core.clock import from_iso, iso
from sparkq_core.config import location
from sparkq_core.config.loading import environment
from sparkq_core.config.settings import Config

FOLDER = "sparkq"
"""The folder in Git's own, or in the project without a repository."""

BACKUPS, RESCUE = "backups", "rescue"
BEFORE = "-before-restore"
AUTOMATIC = re.compile(r"(?P<stem>.+)-auto-(?P<number>\d{6})-(?P<at>\d{4}-\d\d-\d\dT\d{6}-\d{3}Z)\.db")
STAMP = re.compile(r"-(\d{4}-\d\d-\d\d)T(\d\d)(\d\d)(\d\d)-(\d{3})Z")


class Copy(NamedTuple):
    """A copy of the database: a `backup`, an `automatic` one, or the `rescue` copy of a lost file. `at` is its time in ms."""

    path: Path
    kind: str
    at: int

    @property
    def is_before_restore(self) -> bool:
        """True if a restore set this copy aside."""
        return self.path.name.endswith(f"{BEFORE}.db")


def folder(config: Config) -> Path:
    """Return the folder of all copies of the project's database."""
    root = config.root.resolve()
    env = environment()
    git, repository = location.git_folder(root, env), location.repository(root, env)
    base = root if git is None else git.common
    tree = "." if git is None else os.path.relpath(git.own, git.common)
    inside = os.path.relpath(root, root if repository is None else repository.top)
    database = os.path.relpath(config.database.resolve(), root)
    if (tree, inside, database) == (".", ".", location.DATABASE):
        return base / FOLDER
    from hashlib import sha256  # 2 ms at import, for a second database of a repository

    place = os.fsencode(f"{tree}:{inside}:{database}")
    return base / FOLDER / f"{config.database.stem}-{sha256(place).hexdigest()[:12]}"


def backups(config: Config) -> Path:
    """Return the folder of the backups. `made` creates it."""
    return folder(config) / BACKUPS


def rescue(config: Config) -> Path:
    """Return the folder of the rescue copies. `made` creates it."""
    return folder(config) / RESCUE


def made(path: Path) -> Path:
    """Create a folder of copies for its owner only. Raises OSError.

    The folder of the repository is not created: it was moved meanwhile if it is not there.
    """
    top = path.parent if path.parent.name == FOLDER else path.parent.parent
    for level in dict.fromkeys((top, path.parent, path)):
        level.mkdir(exist_ok=True, mode=0o700)
    return path


def backup_name(config: Config, now: int) -> str:
    """Return the name of a backup that you make at `now`."""
    return f"{config.database.stem}-{_stamp(now)}.backup.db"


def automatic_name(config: Config, number: int, now: int) -> str:
    """Return the name of the daily backup with this `number`. Their order is that of the numbers, never of a clock."""
    return f"{config.database.stem}-auto-{number:06}-{_stamp(now)}.db"


def rescue_name(config: Config, key: str, now: int, *, why: str = "") -> str:
    """Return the name of the rescue copy of the file that `key` identifies."""
    return f"{config.database.stem}-rescue-{_stamp(now)}-{os.getpid()}-{key}{why}.db"


def automatic(config: Config) -> tuple[Path, ...]:
    """Return the daily backups, the earliest first."""
    numbered = []
    for file in _files(backups(config)):
        match = AUTOMATIC.fullmatch(file.name)
        if match and match["stem"] == config.database.stem:
            numbered.append((int(match["number"]), file))
    return tuple(file for _, file in sorted(numbered))


def number_of(file: Path) -> int:
    """Return the number of a daily backup."""
    match = AUTOMATIC.fullmatch(file.name)
    return int(match["number"]) if match else 0


def found(config: Config) -> tuple[Copy, ...]:
    """Return every copy of the project's database, the newest first; also those beside it from earlier versions."""
    places = ((backups(config), ".db"), (rescue(config), ".db"), (config.database.parent, ".backup.db"))
    copies = [
        Copy(file, _kind(file), _time(file))
        for place, ending in places
        for file in _files(place)
        if file.name.endswith(ending) and not file.name.startswith(".")
    ]
    return tuple(sorted(copies, key=lambda copy: (-copy.at, copy.path.name)))


def _stamp(now: int) -> str:
    return iso(now).replace(":", "").replace(".", "-")


def _kind(file: Path) -> str:
    if file.parent.name == RESCUE:
        return "rescue"
    return "automatic" if AUTOMATIC.fullmatch(file.name) else "backup"


def _time(file: Path) -> int:
    """Return the time in the name of a copy, or that of its last change."""
    match = STAMP.search(file.name)
    if match:
        day, hour, minute, second, rest = match.groups()
        try:
            return from_iso(f"{day}T{hour}:{minute}:{second}.{rest}+00:00")
        except ValueError:
            pass
    try:
        return file.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0


def _files(place: Path) -> Iterator[Path]:
    try:
        yield from (file for file in place.iterdir() if file.is_file() and not file.is_symlink())
    except OSError:
        return
