"""Show the difference between two trees: its files and their sizes, or the patch."""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import places, store
from sparkq_core.changes.git import Deadline, Git, beside_stores, work_tree
from sparkq_core.changes.patch import sections as patch_sections
from sparkq_core.config.settings import Config

EXACT = ("--no-ext-diff", "--no-textconv", "--ignore-submodules=none", "--find-renames", "-r")
"""The options of every comparison: no program runs, a submodule that moved counts whatever `.gitmodules` says, and a
renamed file is one file."""

EXACTLY = ":(top,literal)"
"""What makes a path of Git mean the file of this name, wherever Git runs in the repository."""


class FileChange(NamedTuple):
    """A changed file: `status` is A, D, M, R or T as Git says it; the counts of lines are None for a binary file.

    `names` are the bytes of its path, and of that before a rename, of which `path` and `old_path` are the text.
    """

    path: str
    status: str
    insertions: int | None
    deletions: int | None
    old_path: str | None = None
    names: tuple[bytes, ...] = ()


class Sizes(NamedTuple):
    """How many files and lines differ."""

    files: int
    insertions: int
    deletions: int


def reader(config: Config, name: str, deadline: Deadline) -> Git:
    """Return Git that compares trees of the store. `name` is that of their work tree, which may be of another repository."""
    stores = [store.path(config)]
    if name != places.OWN:
        folder = places.folder(config.root, name)
        elsewhere = Path(name).is_absolute() or places.has_own_objects(folder)
        if elsewhere and folder.is_dir() and (tree := work_tree(folder, deadline)) is not None:
            stores.append(tree.objects)
    return beside_stores(config.root, stores, deadline)


def files(git: Git, before: str, after: str) -> list[FileChange]:
    """Return the files that differ between two trees, in the order of their paths. Raises GitFailed."""
    if before == after:
        return []
    output = git("diff-tree", *EXACT, "-z", "--raw", "--numstat", before, after)
    return _listed(output.split(b"\0"))


def _listed(fields: Sequence[bytes]) -> list[FileChange]:
    """Return the files of the fields that `--raw --numstat` prints."""
    statuses: dict[bytes, tuple[str, bytes | None]] = {}
    changes: list[FileChange] = []
    at = 0
    while at < len(fields) and fields[at]:
        if fields[at].startswith(b":"):
            letter, path, old, at = _raw(fields, at)
            statuses[path] = (letter, old)
            continue
        added, removed, path = fields[at].split(b"\t", 2)
        at += 1
        if not path:  # a renamed file: both of its names follow
            path = fields[at + 1]
            at += 2
        status, old = statuses.get(path, ("M", None))
        names = (path,) if old is None else (path, old)
        texts = [_text(name) for name in names]
        changes.append(FileChange(texts[0], status, _count(added), _count(removed), texts[1] if old else None, names))
    return changes


def _raw(fields: Sequence[bytes], at: int) -> tuple[str, bytes, bytes | None, int]:
    """Return status, path and old path of the file whose fields of `--raw` begin at `at`, and where the next ones begin."""
    letter = fields[at].rsplit(b" ", 1)[1][:1].decode()
    if letter in "RC":
        return letter, fields[at + 2], fields[at + 1], at + 3
    return letter, fields[at + 1], None, at + 2


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


def patch(git: Git, before: str, after: str, *paths: str, binary: bool = True) -> bytes:
    """Return the patch from one tree to another, as `git diff` prints it, only of `paths` if any.

    Without `binary` it does not have the content of binary files. Raises GitFailed.
    """
    if before == after:
        return b""
    wanted = [f"{EXACTLY}{path}" for path in paths]
    options = ("--patch", "--binary") if binary else ("--patch",)
    return git("diff-tree", *EXACT, *options, before, after, "--", *wanted)


def stat(git: Git, before: str, after: str) -> bytes:
    """Return a line for each file that differs, as `git diff --stat` prints it. Raises GitFailed."""
    return b"" if before == after else git("diff-tree", *EXACT, "--stat", before, after)


class Parts(NamedTuple):
    """The patches of files by the bytes of their paths; not `whole` if Git had more to print."""

    by_name: dict[bytes, list[bytes]]
    whole: bool


def parts(git: Git, before: str, after: str, files: Sequence[FileChange], most: int) -> Parts:
    """Return the patches of these files without the content of binary ones, read to at most `most` bytes.

    The last file may then be cut, and those after it are missing. Raises GitFailed.
    """
    renames = "--find-renames" if any(file.old_path is not None for file in files) else "--no-renames"
    paths = [f"{EXACTLY}{os.fsdecode(name)}" for file in files for name in file.names]
    output = git.beginning(most, "diff-tree", *EXACT, renames, "-z", "--raw", "--patch", before, after, "--", *paths)
    heads, _, text = output.partition(b"\0\0")
    whole = len(output) < most
    sections = iter(patch_sections(text if whole else text[: text.rfind(b"\n") + 1]))
    fields = heads.split(b"\0")
    by_name: dict[bytes, list[bytes]] = {}
    at = 0
    while at < len(fields) and fields[at]:
        letter, path, _, at = _raw(fields, at)
        if found := [*islice(sections, 2 if letter == "T" else 1)]:
            by_name[path] = found
    return Parts(by_name, whole)
