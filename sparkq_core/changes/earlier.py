"""The tree of a work tree at the moment of a claim, from a snapshot that was taken after it.

A worker may write as soon as it has its answer, and the snapshot comes later. A file that changed since the claim has in
this tree the version that was known before: that of the newest recorded tree, else that of the index, else none. So the
change belongs to the attempt. The file system says when a file changed, which nobody can set.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import snapshot
from sparkq_core.changes.git import Deadline, Git, GitFailed, WorkTree, with_store
from sparkq_core.changes.snapshot import Snapshot

MAX_FILES = 1000
"""More changed files than a worker writes before its claim is recorded: then the tree stays as it was taken."""

DIFFERENCES = ("-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
NO_FILE = b"000000"
SUBMODULE = b"160000"


class Known(NamedTuple):
    """The newest recorded tree of a work tree, and the commit of that time."""

    tree: str
    head: str | None


class _Difference(NamedTuple):
    """The mode and the object of a file before, and its object in the snapshot."""

    mode: bytes
    object_id: bytes
    object_id_now: bytes


def tree(
    work_tree: WorkTree, store: Path, taken: Snapshot, moment: int, known: Known | None, deadline: Deadline
) -> str:
    """Return the tree of a snapshot as it was at an earlier moment (UTC ms), as far as that is known.

    Raises GitFailed, StorageError, OSError.
    """
    git = with_store(work_tree.top, store, [work_tree.objects], deadline)
    try:
        since_known = _since(git, known, taken.tree)
    except GitFailed:  # the store has not kept it
        known, since_known = None, {}
    there, missing = _sorted_out(work_tree.top, {*taken.differing, *since_known}, moment)
    there &= {*taken.differing}  # others are as they were committed, for example in a work tree that was just made
    if not there | missing or len(there | missing) > MAX_FILES:
        return taken.tree
    changed = _changed(git, work_tree, taken.tree, there | missing, known, since_known)
    made = {changed[path].object_id_now for path in there & changed.keys() if changed[path].mode == NO_FILE}
    wanted = [
        (difference.mode, difference.object_id, path)
        for path, difference in changed.items()
        if path in there or difference.object_id in made or _is_alone(work_tree.top, path, moment)
    ]
    if not wanted:
        return taken.tree
    lines = [b"%s %s\t%s" % entry for entry in sorted(wanted)]  # what is removed first: a folder may have its name
    return snapshot.rewritten(git, store, taken.tree, ["--replace", "--index-info"], lines, deadline)


def _since(git: Git, known: Known | None, now: str) -> dict[bytes, _Difference]:
    """Return how a tree differs from the newest recorded one."""
    if known is None or known.tree == now:
        return {}
    return _differences(git("diff-tree", "-r", *DIFFERENCES, known.tree, now))


def _changed(
    git: Git,
    work_tree: WorkTree,
    now: str,
    paths: set[bytes],
    known: Known | None,
    since_known: dict[bytes, _Difference],
) -> dict[bytes, _Difference]:
    """Return how these files differ from what was known of them.

    The index knows more than the recorded tree of a file that was committed after that.
    """
    of_index = paths if known is None else paths & _committed_since(git, known, work_tree)
    changed = {path: since_known[path] for path in (paths - of_index) & since_known.keys()}
    if of_index:
        staged = _differences(git("diff-index", "--cached", "-R", *DIFFERENCES, now))
        changed |= {path: staged[path] for path in of_index & staged.keys()}
    return changed


def _committed_since(git: Git, known: Known, work_tree: WorkTree) -> set[bytes]:
    """Return the files of which HEAD has another version than the commit of the recorded tree."""
    if work_tree.head is None or known.head in (None, work_tree.head):
        return set()
    output = git("diff-tree", "-r", "-z", "--name-only", "--no-renames", known.head, work_tree.head)
    return {path for path in output.split(b"\0") if path}


def _differences(output: bytes) -> dict[bytes, _Difference]:
    """Return the differing files of the output of `--raw -z`, without submodules and unmerged files."""
    fields = output.split(b"\0")
    differences = {}
    for about, path in zip(fields[::2], fields[1::2], strict=False):
        mode, mode_now, object_id, object_id_now, status = about.removeprefix(b":").split(b" ")
        if SUBMODULE not in (mode, mode_now) and status != b"U":
            differences[path] = _Difference(mode, object_id, object_id_now)
    return differences


def _sorted_out(top: Path, paths: Iterable[bytes], moment: int) -> tuple[set[bytes], set[bytes]]:
    """Return the files that changed after the moment, and those that are missing in a folder that did."""
    there: set[bytes] = set()
    missing: set[bytes] = set()
    for path in paths:
        status = _status(top / os.fsdecode(path))
        if status is not None and not stat.S_ISDIR(status.st_mode):
            if _is_later(status.st_ctime_ns, moment):
                there.add(path)
        elif _is_later(_folder(top, path).stat().st_mtime_ns, moment):
            missing.add(path)
    return there, missing


def _is_alone(top: Path, path: bytes, moment: int) -> bool:
    """True if nothing else changed after the moment in the folder of a missing file: it was not missing before."""
    others = [
        entry for entry in _folder(top, path).iterdir() if entry.name not in (".git", Path(os.fsdecode(path)).name)
    ]
    return not any(_is_later(entry.lstat().st_ctime_ns, moment) for entry in others)


def _is_later(time_ns: int, moment: int) -> bool:
    return time_ns // 1_000_000 > moment


def _folder(top: Path, path: bytes) -> Path:
    """Return the innermost folder around a file that is there."""
    return next(folder for folder in (top / os.fsdecode(path)).parents if folder.is_dir())


def _status(file: Path) -> os.stat_result | None:
    try:
        return file.lstat()
    except OSError:
        return None
