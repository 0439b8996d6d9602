"""The files of a worker as they are now: where it works, and the tree of that."""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import places, snapshot, store
from sparkq_core.changes.git import Deadline, WorkTree, work_tree
from sparkq_core.changes.snapshot import Snapshot
from sparkq_core.config.settings import Config

GONE = ""
"""The tree of a work tree that was removed: no files are the same as those."""


class Place(NamedTuple):
    """The folder that is in a worker's work tree what the project's folder is in its own; `work_tree` is None without Git."""

    folder: Path
    work_tree: WorkTree | None


class Files(NamedTuple):
    """The files of a work tree, as the id of their tree."""

    work_tree: str
    tree: str


def place(root: Path, here: Path, deadline: Deadline) -> Place:
    """Return where a worker in folder `here` works. A folder that is not in a work tree of the project means the project's."""
    own, other = work_tree(root, deadline), work_tree(here, deadline)
    if other is None or (own is not None and other.objects != own.objects):
        return Place(root, own)
    if own is None:
        return Place(other.top, other)
    folder = other.top / root.resolve().relative_to(own.top)
    return Place(folder if folder.is_dir() else other.top, other)


def files(config: Config, here: WorkTree | None, deadline: Deadline) -> Files | None:
    """Return the files of a work tree as they are now. None without Git, without `changes: full`, or if it takes too long."""
    taken = taken_of(config, here, deadline)
    return None if here is None or taken is None else Files(places.name(here, config.root), taken.tree)


def files_of(config: Config, name: str | None, deadline: Deadline) -> Files | None:
    """Return the files of the work tree with this name, or of the project's own; None as in `files`."""
    folder = places.folder(config.root, name) if name else config.root
    if not folder.is_dir():
        return Files(name or places.OWN, GONE)
    with suppress(OSError):
        return files(config, work_tree(folder, deadline), deadline)
    return None


def taken_of(config: Config, here: WorkTree | None, deadline: Deadline) -> Snapshot | None:
    """Take a snapshot of a work tree without SparkQ's own files; None as in `files`."""
    if here is None or config.settings.changes != "full":
        return None
    return snapshot.take(here, store.path(config), _own_files(config), deadline)


def _own_files(config: Config) -> list[Path]:
    """Return what SparkQ writes, which is not part of a change even where Git does not ignore it."""
    database = config.database
    beside = [database.with_name(f"{database.name}{end}") for end in ("", "-wal", "-shm")]
    artefacts = config.reviews
    kept = [] if artefacts is None or config.root.resolve().is_relative_to(artefacts.resolve()) else [artefacts]
    return [store.path(config), *beside, config.run_dir, config.log.parent, config.root / "sparkq/backups", *kept]
