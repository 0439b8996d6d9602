"""Show the difference between two trees: its files and their sizes, or the patch."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import store
from sparkq_core.changes.git import Deadline, Git, GitFailed, with_store, work_tree
from sparkq_core.config.settings import Config

EXACT = ("--no-ext-diff", "--no-textconv", "--find-renames", "-r")
"""The options of every comparison: no program runs, and a renamed file is one file."""


class FileChange(NamedTuple):
    """A changed file: `status` is A, D, M, R or T as Git says it; the counts of lines are None for a binary file."""

    path: str
    status: str
    insertions: int | None
    deletions: int | None
    old_path: str | None = None


class Sizes(NamedTuple):
    """How many files and lines differ."""

    files: int
    insertions: int
    deletions: int


def reader(config: Config, name: str, deadline: Deadline) -> Git:
    """Return Git that compares trees of the store. `name` is that of their work tree, which may be of another repository.

    Raises GitFailed if there is no repository.
    """
    folders = [config.root, *([Path(name)] if Path(name).is_absolute() else [])]
    trees = [tree for folder in folders if folder.is_dir() and (tree := work_tree(folder, deadline)) is not None]
    if not trees:
        raise GitFailed("there is no repository")
    return with_store(trees[0].top, store.path(config), [tree.objects for tree in trees], deadline)


def files(git: Git, before: str, after: str) -> list[FileChange]:
    """Return the files that differ between two trees, in the order of their paths. Raises GitFailed."""
    if before == after:
        return []
    output = git("diff-tree", *EXACT, "-z", "--raw", "--numstat", before, after)
    fields = output.split(b"\0")
    statuses: dict[bytes, tuple[str, bytes | None]] = {}
    changes: list[FileChange] = []
    at = 0
    while at < len(fields) and fields[at]:
        field = fields[at]
        if field.startswith(b":"):
            letter = field.rsplit(b" ", 1)[1][:1].decode()
            if letter in "RC":
                statuses[fields[at + 2]] = (letter, fields[at + 1])
                at += 3
            else:
                statuses[fields[at + 1]] = (letter, None)
                at += 2
            continue
        added, removed, path = field.split(b"\t", 2)
        at += 1
        if not path:  # a renamed file: both of its names follow
            path = fields[at + 1]
            at += 2
        status, old = statuses.get(path, ("M", None))
        changes.append(
            FileChange(_text(path), status, _count(added), _count(removed), None if old is None else _text(old))
        )
    return changes


def _text(path: bytes) -> str:
    return os.fsdecode(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _count(field: bytes) -> int | None:
    return None if field == b"-" else int(field)


def sizes(changes: Sequence[FileChange]) -> Sizes:
    """Add up the files and lines of a change; a binary file has no lines."""
    return Sizes(
        len(changes),
        sum(change.insertions or 0 for change in changes),
        sum(change.deletions or 0 for change in changes),
    )


def patch(git: Git, before: str, after: str, *paths: str) -> bytes:
    """Return the patch from one tree to another, as `git diff` prints it, only of `paths` if any. Raises GitFailed."""
    if before == after:
        return b""
    return git("--literal-pathspecs", "diff-tree", *EXACT, "--patch", "--binary", before, after, "--", *paths)


def stat(git: Git, before: str, after: str) -> bytes:
    """Return a line for each file that differs, as `git diff --stat` prints it. Raises GitFailed."""
    return b"" if before == after else git("diff-tree", *EXACT, "--stat", before, after)
