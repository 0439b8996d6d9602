"""The name of a work tree, as the state of an attempt has it, and the folder that it means."""

import os
from pathlib import Path

from sparkq_core.changes.git import WorkTree

OWN = "."
"""The name of the work tree that the project is in."""


def name(here: WorkTree, root: Path) -> str:
    """Return the name of a work tree: OWN, else its path, relative to the project's own work tree if it is inside that."""
    own = next(folder for folder in _upward(root) if folder == here.top or _is_top(folder))
    path = here.top.relative_to(own) if here.top.is_relative_to(own) else here.top
    return os.fsencode(path).decode(errors="replace")


def folder(root: Path, name: str) -> Path:
    """Return the folder of a work tree, which may be gone."""
    return next(filter(_is_top, _upward(root))) / name


def has_own_objects(folder: Path) -> bool:
    """True if this may be another repository than the project's: one inside it, a submodule, or one elsewhere.

    A linked work tree has those of its repository.
    """
    mark = folder / ".git"
    if mark.is_file():
        return mark.read_text(errors="replace").rstrip("\n").split("/")[-2:-1] != ["worktrees"]
    return mark.is_dir()


def _upward(root: Path) -> tuple[Path, ...]:
    real = root.resolve()
    return real, *real.parents


def _is_top(folder: Path) -> bool:
    return (folder / ".git").exists() or folder.parent == folder
