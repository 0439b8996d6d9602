"""Finds a project: the folder with its sparkq.yml, from anywhere inside the repository.

It reads Git's files instead of running `git`: every command starts here, and a process costs 3 ms.
"""

import errno
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config import ownership
from sparkq_core.errors import NoProject, RemoteDisk, StorageError

FILE = "sparkq.yml"
DATABASE = "sparkq/data/sparkq.db"
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afpfs", "webdav", "fuse.davfs2"}
)
MOUNTS = Path("/proc/self/mounts")
_ESCAPED = re.compile(r"\\([0-7]{3})")
"""A character of a mount point: space, tab, line break or backslash (`man fstab`)."""


class Repository(NamedTuple):
    """A Git work tree: `top` is its root, `main` the root of the main work tree (itself unless linked)."""

    top: Path
    main: Path

    @property
    def linked(self) -> bool:
        return self.top != self.main


class Location(NamedTuple):
    """The project's root folder, and its sparkq.yml if it has one."""

    root: Path
    file: Path | None


def repository(start: Path, env: Mapping[str, str]) -> Repository | None:
    """Return the Git work tree that `start` is in, or None, also for one of another user, which Git refuses."""
    found = _repository(start)
    return None if found is None or ownership.is_foreign(found.top / ".git", env) else found


def foreign_repository(start: Path, env: Mapping[str, str]) -> Path | None:
    """Return the root of the Git work tree that `start` is in if it is not used because it belongs to another user."""
    found = _repository(start)
    return found.top if found is not None and ownership.is_foreign(found.top / ".git", env) else None


def _repository(start: Path) -> Repository | None:
    dot_git = _dot_git(start)
    if dot_git is None:
        return None
    folder = dot_git.parent
    return Repository(folder, folder if dot_git.is_dir() else _main_of(dot_git) or folder)


def _dot_git(start: Path) -> Path | None:
    """Return the nearest `.git`, a folder or a file, in `start` or above it."""
    entries = (folder / ".git" for folder in (start, *start.parents))
    return next((dot_git for dot_git in entries if _is_one(dot_git)), None)


def _is_one(dot_git: Path) -> bool:
    return os.path.isdir(dot_git) or os.path.isfile(dot_git)  # noqa: PTH112, PTH113  # Path's raise in a closed folder


class GitFolder(NamedTuple):
    """The folder in which Git keeps a repository: `common` to all work trees, `own` of this one (the same unless linked)."""

    common: Path
    own: Path


def git_folder(root: Path, env: Mapping[str, str]) -> GitFolder | None:
    """Return the folder in which Git keeps the repository that `root` is in, or None, also for one of another user."""
    dot_git = _dot_git(root)
    if dot_git is None or ownership.is_foreign(dot_git, env):
        return None
    own = dot_git if dot_git.is_dir() else _own(dot_git)
    return None if own is None else GitFolder(_common(own) or own, own)


def _main_of(dot_git: Path) -> Path | None:
    """Follow the `.git` file of a linked work tree to the main one; None for a submodule.

    A bare repository has none: there it is the work tree with the database, this one or the first of the others.
    """
    own = _own(dot_git)
    shared = _common(own) if own is not None else None
    if shared is None or shared.name == ".git":
        return shared and shared.parent
    siblings = (dot_git.parent, *_linked_to(shared))
    return next((folder for folder in siblings if (folder / DATABASE).is_file()), None)


def _linked_to(common: Path) -> Iterator[Path]:
    """Yield the linked work trees of a repository, in the order of their names."""
    with suppress(OSError):
        for own in sorted((common / "worktrees").iterdir()):
            with suppress(OSError, ValueError):
                yield Path((own / "gitdir").read_text().strip()).parent


def _own(dot_git: Path) -> Path | None:
    """Follow a `.git` file to Git's folder of its work tree or submodule."""
    try:
        word, _, target = dot_git.read_text().strip().partition(": ")
        folder = (dot_git.parent / target).resolve()
        return folder if word == "gitdir" and folder.is_dir() else None
    except (OSError, ValueError):  # unreadable, not text, or not a path
        return None


def _common(own: Path) -> Path | None:
    """Return the folder that a linked work tree's own one belongs to; None if it is not linked."""
    try:
        return (own / (own / "commondir").read_text().strip()).resolve()
    except (OSError, ValueError):
        return None


def here() -> Path:
    """Return the working directory. Raises NoProject if it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NoProject("The working directory no longer exists.", "Change to a folder that exists: cd …") from error


def find(start: Path, environment: Mapping[str, str]) -> Location:
    """Find the project of a command that runs in folder `start`.

    SPARKQ_CONFIG, then sparkq.yml in `start`, in its parents up to the repository's root, and in the main work
    tree of a linked one (which overrides the linked tree's own copy, so that all work trees share one store).
    The home folder and its parents are never searched. Without any file: the repository's root, or `start`.
    Raises NoProject if SPARKQ_CONFIG is not a file, OtherOwner for a project of another user, and StorageError where you
    may not look: a project above might be another one.
    """
    configured = environment.get("SPARKQ_CONFIG")
    if configured:
        file = _configured(configured, start)
        return _own_project(Location(file.parent, file), environment)
    start = start.resolve()
    if (closed := barrier(start / FILE)) is not None:
        raise StorageError(f"You may not look into {closed}, where the project may be.", way_to(start / FILE))
    git = _repository(start)
    at_home = home(environment)
    if git is not None and git.top != start and _is_not_the_projects(git.top, at_home, environment):
        git = None
    for folder in _upwards(start, git, at_home):
        if git and git.linked:
            shared = git.main / folder.relative_to(git.top) / FILE
            if shared.is_file():
                return _own_project(Location(shared.parent, shared), environment, git.top / ".git")
        if _is_there(FILE, folder, start, environment):
            return _own_project(Location(folder, folder / FILE), environment)
    if git:
        file = git.main / FILE
        found = Location(git.main, file if file.is_file() else None)
        return _own_project(found, environment, git.top / ".git", git.top)
    for folder in _upwards(start, None, at_home):
        if _is_there(DATABASE, folder, start, environment):
            return _own_project(Location(folder, None), environment, folder / DATABASE)
    return Location(start, None)


def _configured(given: str, start: Path) -> Path:
    """Return the file that SPARKQ_CONFIG names. Raises NoProject."""
    try:
        file = (start / Path(given).expanduser()).resolve()
    except (RuntimeError, ValueError, OSError):
        file = start / "-"
    if not file.is_file():
        raise NoProject(f"SPARKQ_CONFIG is {given}, which is not a file.", "Correct SPARKQ_CONFIG or unset it.")
    return file


def _own_project(project: Location, environment: Mapping[str, str], *reasons: Path) -> Location:
    """Return a project that is yours, with all `reasons` for which it was found. Raises OtherOwner."""
    file = () if project.file is None else (project.file,)
    ownership.check((*file, project.root, *reasons), environment)
    return project


def _is_there(file: str, folder: Path, start: Path, environment: Mapping[str, str]) -> bool:
    """True if `folder` has the file. What another user put into a folder of everybody above `start` does not count."""
    if not os.path.isfile(folder / file):  # noqa: PTH113  # Path.is_file raises for a folder that you may not enter
        return False
    return folder == start or not ownership.is_planted(folder / file.partition("/")[0], environment)


def _is_not_the_projects(top: Path, at_home: frozenset[Path], environment: Mapping[str, str]) -> bool:
    """True for dotfiles kept in Git, which do not make everything at home one project, and for a .git left in /tmp."""
    return top in at_home or ownership.is_planted(top / ".git", environment)


def home(environment: Mapping[str, str]) -> frozenset[Path]:
    """Return the home folder and its parents: settings there are never read."""
    if not environment.get("HOME"):
        return frozenset()
    folder = Path(environment["HOME"]).resolve()
    return frozenset({folder, *folder.parents})


def _upwards(start: Path, git: Repository | None, forbidden: frozenset[Path]) -> Iterator[Path]:
    """Yield the folders to search. Those of root, such as /tmp, are skipped unless you are root."""
    for folder in (start, *start.parents):
        if folder in forbidden and folder != start:
            return
        allowed = folder not in forbidden or (git is not None and folder == git.top)
        if allowed and (folder == start or os.geteuid() == ownership.ROOT or folder.stat().st_uid != ownership.ROOT):
            yield folder
        if git and folder == git.top:
            return


def barrier(path: Path) -> Path | None:
    """Return the first folder on the way to `path` that you may not enter, or `path` if it is a folder that you may not
    look into; None if there is none."""
    for folder in reversed(path.absolute().parents):
        if os.path.lexists(folder) and not os.access(folder, os.X_OK):
            return folder
    is_closed = os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK)  # noqa: PTH112  # Path.is_dir may raise
    return path if is_closed else None


def way_to(path: Path) -> str:
    """Return what to do about a path that you may not use."""
    closed = barrier(path)
    if closed is not None:
        return f"Let yourself enter the folder: chmod u+rwx {shlex.quote(str(closed))}"
    return f"Give yourself access to it: chmod u+rw {shlex.quote(str(path))}"


def check_writable(path: Path) -> None:
    """Refuse a path, which need not exist yet, that cannot be written. Raises StorageError."""
    closed = barrier(path.parent)
    present = closed or next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))
    if os.access(present, os.W_OK | (os.X_OK if present.is_dir() else 0)):
        return
    if closed is None and os.statvfs(present).f_flag & os.ST_RDONLY:
        raise StorageError(f"{present} cannot be written: its file system is read-only.", "Work in another folder.")
    raise StorageError(
        f"{present} cannot be written: {os.strerror(errno.EACCES)}.", f"Work in another folder. {way_to(present)}"
    )


def file_system(folder: Path) -> str:
    """Return the type of the file system that `folder` is on; empty if the system does not say."""
    try:
        lines = os.fsdecode(MOUNTS.read_bytes()).removesuffix("\n").split("\n")
    except OSError:
        return ""
    longest, its_type = "", ""
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        point = _ESCAPED.sub(lambda escape: chr(int(escape[1], 8)), point)
        if (str(folder) + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(longest):
            longest, its_type = point, kind
    return its_type


def check_disk(folder: Path) -> None:
    """Refuse a `folder` on a file system of another machine. Raises RemoteDisk."""
    kind = file_system(folder.resolve())
    if kind in NETWORK_FILE_SYSTEMS:
        raise RemoteDisk(
            f"{folder} is on {kind}: the locks of a network file system do not protect a database.",
            "Set database.path to a folder on a local disk.",
        )


def check_database(file: Path, environment: Mapping[str, str]) -> None:
    """Refuse a database of another user, or with a log that another user left, or on another machine's file system.

    Raises OtherOwner, RemoteDisk.
    """
    ownership.check((file, file.parent, file.with_name(f"{file.name}-wal")), environment)
    check_disk(file.parent)
