"""Other projects around a folder, so that a command in the wrong one does not begin a second, empty project."""

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from sparkq_core.config import location

MOST_FOLDERS = 500
"""Folders that are looked into, so that a huge one costs nothing that is felt."""


def projects(folder: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the projects in the folders above `folder`, up to your home folder, and in those directly inside it."""
    forbidden = location.home(env)
    above = [each for each in folder.parents if each not in forbidden]
    return tuple(each for each in (*above, *_inside(folder)) if _is_project(each))


def _inside(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, MOST_FOLDERS) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
    yield from (folder / name for name in names)


def _is_project(folder: Path) -> bool:
    return any(os.path.isfile(folder / file) for file in (location.FILE, location.DATABASE))  # noqa: PTH113  # Path.is_file raises in a closed folder
