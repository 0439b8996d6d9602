"""The size of a change where there are no trees to compare: how far the work tree is from the commit of the claim.

That counts the changes of everybody, and no new file before it is added to Git. So it is said as "about".
"""

import re
from pathlib import Path

from sparkq_core.changes.git import Deadline, Git, GitFailed, WorkTree, work_tree
from sparkq_core.changes.snapshot import without_filters
from sparkq_core.changes.states import State

COUNTS = {
    "files": re.compile(rb"(\d+) files? changed"),
    "insertions": re.compile(rb"(\d+) insertions?"),
    "deletions": re.compile(rb"(\d+) deletions?"),
}
OPTIONS = ("--no-ext-diff", "--no-textconv", "--ignore-submodules", "--shortstat")


def at_claim(folder: Path, deadline: Deadline) -> State | None:
    """Return branch and commit of the work tree that `folder` is in, with `dirty` if it differs from the commit."""
    here = work_tree(folder, deadline)
    if here is None or here.head is None:
        return None
    differs = _difference(here, here.head, deadline)
    return heading(here) | ({"dirty": bool(differs)} if differs is not None else {})


def at_outcome(folder: Path, earlier: State, deadline: Deadline) -> State | None:
    """Return branch and commit, and the size of the change since the commit of the claim, which `earlier` has.

    `changed_before` is true if the work tree differed from that commit already at the claim.
    """
    here = work_tree(folder, deadline)
    if here is None or here.head is None:
        return None
    state = heading(here)
    differs = _difference(here, earlier.get("head") or here.head, deadline)
    if differs is not None:
        state |= {name: _count(pattern, differs) for name, pattern in COUNTS.items()}
    if earlier.get("dirty"):
        state["changed_before"] = True
    return state


def heading(here: WorkTree) -> State:
    """Return branch and commit of a work tree. Without a branch, the HEAD is detached."""
    return {key: value for key, value in (("branch", here.branch), ("head", here.head)) if value is not None}


def _difference(here: WorkTree, commit: str, deadline: Deadline) -> bytes | None:
    """Return how the work tree differs from a commit, in the format of `--shortstat`. None if Git cannot say."""
    git = Git(here.top, deadline)
    try:
        return without_filters(git)("diff", *OPTIONS, commit)
    except GitFailed:
        return None


def _count(pattern: re.Pattern[bytes], shortstat: bytes) -> int:
    match = pattern.search(shortstat)
    return int(match[1]) if match else 0
