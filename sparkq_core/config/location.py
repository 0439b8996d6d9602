"""Where a project is: the folder with its sparkq.yml, found from anywhere inside the repository.

Reads Git's files instead of running `git`: every command looks here first, and a process costs 3 ms.
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


class Place(NamedTuple):
    """The project's root folder, and its sparkq.yml when it has one."""

    root: Path
    file: Path | None


def repository(start: Path) -> Repository | None:
    """The Git work tree around `start`, or None."""
    for folder in (start, *start.parents):
        dot_git = folder / ".git"
        if dot_git.is_dir():
            return Repository(folder, folder)
        if dot_git.is_file():
            return Repository(folder, _main_of(dot_git) or folder)
    return None


def _main_of(dot_git: Path) -> Path | None:
    """The main work tree that a linked one's `.git` file leads to; None for a submodule."""
    try:
        word, _, target = dot_git.read_text().strip().partition(": ")
        if word != "gitdir":
            return None
        private = (dot_git.parent / target).resolve()
        shared = (private / (private / "commondir").read_text().strip()).resolve()
    except (OSError, ValueError):  # unreadable, no text, or a path that cannot be
        return None
    return shared.parent if shared.name == ".git" else None


def here() -> Path:
    """The working directory. Raises NoProject when it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NoProject("The working directory is gone.", "Go to a folder that is there: cd …") from error


def find(start: Path, environment: Mapping[str, str]) -> Place:
    """The project that a command in folder `start` means.

    SPARKQ_CONFIG, then sparkq.yml in `start`, in its parents up to the repository's root, and in the main work
    tree of a linked one (which goes before a linked tree's own copy, so that all work trees share one store).
    The home folder and those above it are never looked into. Without any file: the repository's root, or `start`.
    Raises NoProject when SPARKQ_CONFIG names no file.
    """
    named = environment.get("SPARKQ_CONFIG")
    if named:
        try:
            file = (start / Path(named).expanduser()).resolve()
        except (RuntimeError, ValueError, OSError):
            file = start / "-"
        if not file.is_file():
            raise NoProject(f"SPARKQ_CONFIG names {named}, which is not a file.", "Correct SPARKQ_CONFIG or unset it.")
        return Place(file.parent, file)
    start = start.resolve()
    git = repository(start)
    at_home = home(environment)
    if git is not None and git.top != start and git.top in at_home:
        git = None  # dotfiles kept in Git do not make everything at home one project
    for folder in _upwards(start, git, at_home):
        if git and git.linked:
            shared = git.main / folder.relative_to(git.top) / FILE
            if shared.is_file():
                return Place(shared.parent, shared)
        if (folder / FILE).is_file():
            return Place(folder, folder / FILE)
    if git:
        return Place(git.main, git.main / FILE if (git.main / FILE).is_file() else None)
    return Place(next((f for f in _upwards(start, None, at_home) if (f / DATABASE).is_file()), start), None)


def home(environment: Mapping[str, str]) -> frozenset[Path]:
    """The home folder and those above it, whose settings are never read."""
    named = environment.get("HOME")
    return frozenset({Path(named).resolve(), *Path(named).resolve().parents}) if named else frozenset()


def _upwards(start: Path, git: Repository | None, forbidden: frozenset[Path]) -> Iterator[Path]:
    """The folders to look into: those of a stranger, as /tmp may hold, are passed over."""
    for folder in (start, *start.parents):
        if folder in forbidden and folder != start:
            return
        allowed = folder not in forbidden or (git is not None and folder == git.top)
        if allowed and (folder == start or folder.stat().st_uid == os.getuid()):
            yield folder
        if git and folder == git.top:
            return


def file_system(folder: Path) -> str:
    """The type of the file system that `folder` is on, or nothing where the system does not tell."""
    try:
        lines = MOUNTS.read_text().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        _, point, found, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if (str(folder) + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best):
            best, kind = point, found
    return kind


def check_disk(folder: Path) -> None:
    """Raises RemoteDisk when `folder` is on a file system of another machine."""
    kind = file_system(folder.resolve())
    if kind in NETWORK_FILE_SYSTEMS:
        raise RemoteDisk(
            f"{folder} is on {kind}: the locks of a network file system do not protect a database.",
            "Set database.path to a folder on a local disk.",
        )
