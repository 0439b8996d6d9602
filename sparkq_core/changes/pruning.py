"""Remove from the store what no attempt needs any more, and the oldest attempts' trees if it is too large.

It is done after a purge, in small steps under the store's lock, between which snapshots are taken. An object that a snapshot
wrote or met again in the last hour stays: the attempt that it is for may not be recorded yet. If Git cannot say what is
needed, nothing is removed.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import store
from sparkq_core.changes.git import Deadline, GitFailed, with_store, work_tree
from sparkq_core.changes.states import OBJECT_ID
from sparkq_core.clock import DAY
from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ

SECONDS = 30.0
"""How long Git may take to say what is needed."""

YOUNG_SECONDS = 3600
BATCH = 100
"""Files that are removed while the lock is held."""

LOCK_SECONDS = 1.0
ROWS = 500
TARGET = store.MAX_BYTES * 4 // 5
"""What is left of a store that was too large, so that it is not pruned again with the next task."""

TREES = """
SELECT task_id, attempt, coalesce(finished_at, :now), json_extract(git_before, '$.tree'), json_extract(git_after, '$.tree')
FROM attempts WHERE (task_id, attempt) > (:task, :attempt) ORDER BY task_id, attempt LIMIT :rows
"""

PURGED = "SELECT 1 FROM purges WHERE at > :since LIMIT 1"


class Pruned(NamedTuple):
    """How many files were removed from the store, and how many bytes of the disk they took."""

    files: int = 0
    bytes: int = 0


class _Object(NamedTuple):
    id: str
    file: Path
    size: int


def prune(sq: SparkQ) -> Pruned:
    """Remove what is not needed if tasks were purged in the last day, or if the store is too large. Otherwise only what
    killed processes left is removed. Never raises: what is left is removed the next time."""
    folder = store.path(sq.config)
    with suppress(SparkQError, OSError, GitFailed):
        objects = [_Object(*found) for found in store.objects(folder)]  # before the trees are read: see the first lines
        needless = [found for found in objects if not found.id]
        too_large = sum(found.size for found in objects) > store.MAX_BYTES
        purged = sq.db.row(PURGED, {"since": sq.clock.now() - DAY})
        if objects and (purged is not None or too_large):
            needed = _needed(sq, folder, objects, TARGET if too_large else None)
            needless += [found for found in objects if found.id and found.id not in needed]
        return _remove(sq, folder, needless)
    return Pruned()


def _needed(sq: SparkQ, folder: Path, objects: Sequence[_Object], most: int | None) -> set[str]:
    """Return the objects of the newest attempts, up to `most` bytes of the store. Raises GitFailed."""
    deadline = Deadline.after(SECONDS)
    here = work_tree(sq.config.root, deadline)
    if here is None:
        raise GitFailed("there is no repository")
    trees = dict.fromkeys(tree for _, tree in sorted(_trees(sq), key=lambda found: -found[0]))
    git = with_store(here.top, folder, [here.objects], deadline)
    reachable = git(
        *("rev-list", "--objects", "--no-object-names", "--missing=allow-any", "--ignore-missing", "--stdin"),
        stdin="".join(f"{tree}\n" for tree in trees).encode(),
    )
    sizes = {found.id: found.size for found in objects}
    needed: set[str] = set()
    taken = 0
    for name in reachable.decode().split():  # tree after tree, in the order in which they were asked for
        if most is not None and taken > most and name in trees:
            break
        if name in sizes:
            needed.add(name)
            taken += sizes[name]
    return needed


def _trees(sq: SparkQ) -> Iterator[tuple[int, str]]:
    """Yield the trees of all attempts, each with the time of its attempt's end."""
    after = {"task": 0, "attempt": 0}
    while rows := sq.db.rows(TREES, {**after, "now": sq.clock.now(), "rows": ROWS}):
        for _, _, moment, *trees in rows:
            yield from ((moment, tree) for tree in trees if isinstance(tree, str) and OBJECT_ID.fullmatch(tree))
        after = {"task": rows[-1][0], "attempt": rows[-1][1]}


def _remove(sq: SparkQ, folder: Path, needless: Sequence[_Object]) -> Pruned:
    removed = Pruned()
    for start in range(0, len(needless), BATCH):
        with store.working(folder, Deadline.after(LOCK_SECONDS)) as temporary:
            if temporary is None:
                return removed
            now = temporary.stat().st_mtime  # by the clock of the file system, as the times of the files are
            for found in needless[start : start + BATCH]:
                removed = _removed(found, now, removed)
        sq.clock.pause()
    return removed


def _removed(found: _Object, now: float, before: Pruned) -> Pruned:
    """Remove a file, unless it is young: Git sets the time of an object that it would write and that is there already."""
    try:
        if now - found.file.stat().st_mtime < YOUNG_SECONDS:
            return before
        found.file.unlink()
    except FileNotFoundError:
        return before
    with suppress(OSError):  # it has other objects
        os.rmdir(found.file.parent)  # noqa: PTH106  # never through a link
    return Pruned(before.files + 1, before.bytes + found.size)
