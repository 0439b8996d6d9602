"""Finds a project: the folder with its sparkq.yml, from anywhere inside the repository.

It reads Git's files instead of running `git`: every command starts here, and a process costs 3 ms.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from sparkq_core.errors import NoProject, RemoteDisk

FILE = "sparkq.yml"
DATABASE = "sparkq/data/sparkq.db"
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afpfs", "webdav", "fuse.davfs2"}
)
MOUNTS = Path("/proc/self/mounts")


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


def repository(start: Path) -> Repository | None:
    """Return the Git work tree that `start` is in, or None."""
    dot_git = _dot_git(start)
    if dot_git is None:
        return None
    folder = dot_git.parent
    return Repository(folder, folder if dot_git.is_dir() else _main_of(dot_git) or folder)


def _dot_git(start: Path) -> Path | None:
    """Return the nearest `.git`, a folder or a file, in `start` or above it."""
    entries = (folder / ".git" for folder in (start, *start.parents))
    return next((dot_git for dot_git in entries if dot_git.is_dir() or dot_git.is_file()), None)


class GitFolder(NamedTuple):
    """The folder in which Git keeps a repository: `common` to all work trees, `own` of this one (the same unless linked)."""

    common: Path
    own: Path


def git_folder(root: Path) -> GitFolder | None:
    """Return the folder in which Git keeps the repository that `root` is in, or None."""
    dot_git = _dot_git(root)
    own = dot_git if dot_git is None or dot_git.is_dir() else _own(dot_git)
    return None if own is None else GitFolder(_common(own) or own, own)


def _main_of(dot_git: Path) -> Path | None:
    """Follow the `.git` file of a linked work tree to the main one; None for a submodule."""
    own = _own(dot_git)
    shared = _common(own) if own is not None else None
    return shared.parent if shared is not None and shared.name == ".git" else None


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
    Raises NoProject if SPARKQ_CONFIG is not a file.
    """
    configured = environment.get("SPARKQ_CONFIG")
    if configured:
        try:
            file = (start / Path(configured).expanduser()).resolve()
        except (RuntimeError, ValueError, OSError):
            file = start / "-"
        if not file.is_file():
            raise NoProject(
                f"SPARKQ_CONFIG is {configured}, which is not a file.", "Correct SPARKQ_CONFIG or unset it."
            )
        return Location(file.parent, file)
    start = start.resolve()
    git = repository(start)
    at_home = home(environment)
    if git is not None and git.top != start and git.top in at_home:
        git = None  # dotfiles kept in Git do not make everything at home one project
    for folder in _upwards(start, git, at_home):
        if git and git.linked:
            shared = git.main / folder.relative_to(git.top) / FILE
            if shared.is_file():
                return Location(shared.parent, shared)
        if (folder / FILE).is_file():
            return Location(folder, folder / FILE)
    if git:
        return Location(git.main, git.main / FILE if (git.main / FILE).is_file() else None)
    return Location(next((f for f in _upwards(start, None, at_home) if (f / DATABASE).is_file()), start), None)


def home(environment: Mapping[str, str]) -> frozenset[Path]:
    """Return the home folder and its parents: settings there are never read."""
    if not environment.get("HOME"):
        return frozenset()
    folder = Path(environment["HOME"]).resolve()
    return frozenset({folder, *folder.parents})


def _upwards(start: Path, git: Repository | None, forbidden: frozenset[Path]) -> Iterator[Path]:
    """Yield the folders to search. Those of another user, such as in /tmp, are skipped."""
    for folder in (start, *start.parents):
        if folder in forbidden and folder != start:
            return
        allowed = folder not in forbidden or (git is not None and folder == git.top)
        if allowed and (folder == start or folder.stat().st_uid == os.getuid()):
            yield folder
        if git and folder == git.top:
            return


def file_system(folder: Path) -> str:
    """Return the type of the file system that `folder` is on; empty if the system does not say."""
    try:
        lines = MOUNTS.read_text().splitlines()
    except OSError:
        return ""
    longest, its_type = "", ""
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
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
