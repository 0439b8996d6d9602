"""Take a tree of a work tree as it is now: tracked files, and untracked ones that Git does not ignore.

The index is copied, and Git adds what differs to the copy. So nothing that you staged is touched, and an interrupted
merge stays as it is.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import store as stores
from sparkq_core.changes.git import Deadline, Git, GitFailed, WorkTree, with_store
from sparkq_core.errors import StorageError

MAX_UNTRACKED_BYTES = 1024 * 1024
MAX_UNTRACKED = 1000
MAX_TRACKED_BYTES = 32 * 1024 * 1024
"""Larger files, and more untracked ones, are left out and counted."""

LFS = "lfs"
LFS_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"
"""What Git LFS keeps in a tree in place of a file (git-lfs, docs/spec.md)."""

BLOCK_BYTES = 1024 * 1024
COARSE_MS = 1000
"""A file system may note a change by a clock that is behind by some ms, or knows whole seconds only."""


class Snapshot(NamedTuple):
    """The id of a tree, how many changed files it does not have as they are, and the `differing` files: those that are not
    as in the index."""

    tree: str
    skipped: int
    differing: tuple[bytes, ...] = ()


class _Listed(NamedTuple):
    """The paths that differ from the index: those to add or to remove, those that Git LFS keeps, those that are `gone`
    because a folder of theirs is a link now, and how many are left out."""

    paths: list[bytes]
    lfs: list[bytes]
    gone: list[bytes]
    skipped: int


def take(work_tree: WorkTree, store: Path, own: Iterable[Path], deadline: Deadline) -> Snapshot | None:
    """Take a snapshot of the work tree into `store`, without the `own` files and folders of SparkQ.

    None if that is not possible before the deadline.
    """
    try:
        with stores.working(store, deadline) as temporary:
            return None if temporary is None else _take(work_tree, store, list(own), temporary, deadline)
    except (GitFailed, StorageError, OSError, ValueError):
        return None


def completed(work_tree: WorkTree, store: Path, before: str, tree: str, head: str | None, deadline: Deadline) -> str:
    """Return a tree with those files of the tree `before` that were left out of it, but are still there.

    They were not in Git, and are ignored or too large by now. Files of the commit `head` are left alone: they were taken
    out of Git. Raises GitFailed, StorageError, OSError.
    """
    git = with_store(work_tree.top, store, [work_tree.objects], deadline)
    missing = _deleted(git, before, tree)
    left_out = [path for path in missing if is_there(work_tree.top, path)]
    tracked = _deleted(git, head, tree) if head and left_out else {}
    entries = [missing[path] for path in left_out if path not in tracked]
    return rewritten(git, store, tree, ["--index-info"], entries, deadline) if entries else tree


def without_older(
    work_tree: WorkTree, store: Path, before: str, tree: str, since: int, deadline: Deadline
) -> tuple[str, int]:
    """Return a tree without the files that only it has, but that have not changed since a moment before (UTC ms), and
    how many they are.

    They were ignored, too large or unreadable then, and no snapshot had them. What Git tracks by now was added to it, and
    stays, and so does what came with a folder that has another name now: that changes no file in it. Raises GitFailed,
    StorageError, OSError.
    """
    git = with_store(work_tree.top, store, [work_tree.objects], deadline)
    added, deleted = (_entries(git, status, before, tree) for status in "AD")
    untracked = set(git("ls-files", "-z", "--others").split(b"\0"))
    moved = {entry for path, entry in deleted.items() if not _has_folder(work_tree.top, path)}
    older = [
        path
        for path, entry in added.items()
        if path in untracked and entry not in moved and _is_older(work_tree.top, path, since)
    ]
    if not older:
        return tree, 0
    return rewritten(git, store, tree, ["--force-remove", "--stdin"], older, deadline), len(older)


def rewritten(
    git: Git, store: Path, tree: str, options: Iterable[str], lines: Iterable[bytes], deadline: Deadline
) -> str:
    """Return a tree as `update-index` changes it with these options, which reads these lines.

    Raises GitFailed, StorageError, OSError.
    """
    with stores.working(store, deadline) as temporary:
        if temporary is None:
            raise GitFailed("the store is locked")
        git = git._replace(variables={**git.variables, "GIT_INDEX_FILE": str(temporary / "index")})
        git("read-tree", tree)
        git("update-index", "-z", *options, stdin=_joined(lines))
        return _written(git)


def _is_older(top: Path, path: bytes, since: int) -> bool:
    """True if neither the content nor the name of a file has changed since; nobody can set the time of that."""
    try:
        changed_ms = os.lstat(os.path.join(os.fsencode(top), path)).st_ctime_ns // 1_000_000
        return changed_ms < since - COARSE_MS
    except OSError:
        return False


def _entries(git: Git, status: str, before: str, after: str) -> dict[bytes, tuple[bytes, bytes]]:
    """Return mode and id of the files that are only in the tree `before` (status D), or only in `after` (A)."""
    output = git(
        "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", f"--diff-filter={status}", before, after
    )
    fields = output.split(b"\0")
    entries = {}
    for about, path in zip(fields[::2], fields[1::2], strict=False):
        old_mode, new_mode, old_id, new_id, _ = about.removeprefix(b":").split(b" ")
        entries[path] = (old_mode, old_id) if status == "D" else (new_mode, new_id)
    return entries


def _deleted(git: Git, before: str, after: str) -> dict[bytes, bytes]:
    """Return the files that are only in the tree `before`, each as a line of `update-index --index-info`."""
    entries = _entries(git, "D", before, after)
    return {path: b"%s %s\t%s" % (*entry, path) for path, entry in entries.items()}


def _has_folder(top: Path, path: bytes) -> bool:
    """True if the folder of a path is there."""
    return stat.S_ISDIR(_mode(os.path.join(os.fsencode(top), _parent(path))))


def is_there(top: Path, path: bytes) -> bool:
    """True if the work tree has a file or a link of this name."""
    mode = _mode(os.path.join(os.fsencode(top), path))
    return (stat.S_ISREG(mode) or stat.S_ISLNK(mode)) and not _linked_folders(top, [path])


def _take(work_tree: WorkTree, store: Path, own: list[Path], temporary: Path, deadline: Deadline) -> Snapshot:
    git = with_store(work_tree.top, store, [work_tree.objects], deadline)
    git = git._replace(
        variables={**git.variables, "GIT_INDEX_FILE": str(_copied_index(work_tree.index_file, temporary))}
    )
    git = without_filters(git)
    own_names = _inside(work_tree.top, own)
    listed = _to_add(work_tree.top, git, own_names)
    _add(work_tree.top, git, listed)
    try:
        tree = _written(git)
    except GitFailed:
        _add(work_tree.top, git, _unmerged(work_tree.top, git, own_names))
        tree = _written(git)
    return Snapshot(tree, listed.skipped, (*listed.paths, *listed.gone, *listed.lfs))


def _written(git: Git) -> str:
    return git("write-tree", "--missing-ok").decode().strip()


def _add(top: Path, git: Git, listed: _Listed) -> None:
    """Bring the index to what the work tree has."""
    if listed.paths:
        git("update-index", "-z", "--add", "--remove", "--replace", "--stdin", stdin=_joined(listed.paths))
    if listed.gone:
        git("update-index", "-z", "--force-remove", "--stdin", stdin=_joined(listed.gone))
    if listed.lfs:
        git("update-index", "-z", "--index-info", stdin=_joined(_lfs_entries(top, git, listed.lfs)))


def _unmerged(top: Path, git: Git, own: tuple[bytes, ...]) -> _Listed:
    """Return the files of an interrupted merge that Git does not list as modified, because they are as one side has them."""
    output = git("ls-files", "-z", "--unmerged")
    paths = dict.fromkeys(entry.partition(b"\t")[2] for entry in output.split(b"\0") if entry)
    return _sorted_out(top, git, [path for path in paths if not _is_own(path, own)], [])


def _joined(paths: Iterable[bytes]) -> bytes:
    return b"".join(path + b"\0" for path in paths)


def _copied_index(index: Path, temporary: Path) -> Path:
    """Copy the index with its time, by which Git knows which files may have changed in the moment that it was written."""
    copy = temporary / "index"
    try:
        with index.open("rb") as source, copy.open("wb") as target:
            while block := source.read(BLOCK_BYTES):
                target.write(block)
            times = os.fstat(source.fileno())
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
    except FileNotFoundError:
        pass  # nothing has ever been added
    return copy


def without_filters(git: Git) -> Git:
    """Return Git with every filter turned off: it is a program, and it may even write. Raises GitFailed."""
    output = git("config", "--null", "--name-only", "--get-regexp", r"^filter\.", fine=(0, 1))
    names = [os.fsdecode(name) for name in output.split(b"\0") if name]
    return git._replace(settings={name: "false" if name.endswith(".required") else "" for name in names})


def _inside(top: Path, paths: list[Path]) -> tuple[bytes, ...]:
    """Return those of the paths that are in the work tree, relative to its root."""
    real = (path.resolve() for path in paths)
    return tuple(os.fsencode(path.relative_to(top)) for path in real if path.is_relative_to(top))


def _to_add(top: Path, git: Git, own: tuple[bytes, ...]) -> _Listed:
    """Compare the work tree with the index."""
    output = git("ls-files", "-z", "-t", "--modified", "--deleted", "--others", "--exclude-standard")
    tracked: dict[bytes, None] = {}
    untracked: list[bytes] = []
    for entry in output.split(b"\0"):
        tag, _, path = entry.partition(b" ")
        if _is_own(path, own):
            continue
        if tag == b"?":
            if not path.endswith(b"/"):  # a repository inside this one
                untracked.append(path)
        elif path:
            tracked[path] = None
    return _sorted_out(top, git, list(tracked), untracked)


def _is_own(path: bytes, own: tuple[bytes, ...]) -> bool:
    return path in own or path.startswith(tuple(name + b"/" for name in own))


def _sorted_out(top: Path, git: Git, tracked: list[bytes], untracked: list[bytes]) -> _Listed:
    """Return what is to be done with each of these paths."""
    filters = _filters(git, [*tracked, *untracked]) if git.settings and (tracked or untracked) else {}
    paths: list[bytes] = []
    lfs: list[bytes] = []
    gone: list[bytes] = []
    links = _linked_folders(top, tracked)
    skipped = max(0, len(untracked) - MAX_UNTRACKED)
    for path, limit in [
        *((path, MAX_TRACKED_BYTES) for path in tracked),
        *((path, MAX_UNTRACKED_BYTES) for path in untracked[:MAX_UNTRACKED]),
    ]:
        if _parent(path) in links:
            gone.append(path)
            continue
        file = os.path.join(os.fsencode(top), path)
        driver = filters.get(path, b"") if _is_regular(file) else b""
        if driver == LFS.encode():
            lfs.append(path)
        elif driver or not _is_kept(file, limit):
            skipped += 1
        else:
            paths.append(path)
    return _Listed(paths, lfs, gone, skipped)


def _linked_folders(top: Path, paths: list[bytes]) -> set[bytes]:
    """Return the folders of these paths that are behind a link now. Git refuses to look there."""
    return {folder for folder in set(map(_parent, paths)) if any(_is_link(top, each) for each in _upward(folder))}


def _parent(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _upward(folder: bytes) -> Iterator[bytes]:
    while folder:
        yield folder
        folder = _parent(folder)


def _is_link(top: Path, path: bytes) -> bool:
    return stat.S_ISLNK(_mode(os.path.join(os.fsencode(top), path)))


def _filters(git: Git, paths: list[bytes]) -> dict[bytes, bytes]:
    """Return the filter of each path that has one."""
    fields = git("check-attr", "-z", "--stdin", "filter", stdin=_joined(paths)).split(b"\0")
    found = zip(fields[::3], fields[2::3], strict=False)
    return {path: value for path, value in found if value not in (b"unspecified", b"unset", b"set", b"")}


def _is_regular(file: bytes) -> bool:
    """True if this is a file as filters read it, not a link or a file that is gone."""
    return stat.S_ISREG(_mode(file))


def _mode(file: bytes) -> int:
    """Return the mode of a file, or of a link itself; 0 if it cannot be seen."""
    try:
        return os.lstat(file).st_mode
    except OSError:
        return 0


def _is_kept(file: bytes, limit: int) -> bool:
    """True if the file is gone, or can be read and is not larger than `limit` bytes."""
    try:
        status = os.lstat(file)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    if stat.S_ISREG(status.st_mode):
        return status.st_size <= limit and os.access(file, os.R_OK)
    return stat.S_ISLNK(status.st_mode) or stat.S_ISDIR(status.st_mode)


def _lfs_entries(top: Path, git: Git, paths: list[bytes]) -> list[bytes]:
    """Return the lines of `update-index --index-info` for files that Git LFS keeps: the pointers that it would write."""
    entries = []
    for path in paths:
        pointer, mode = _pointer(os.path.join(os.fsencode(top), path))
        blob = git("hash-object", "-w", "--stdin", "--no-filters", stdin=pointer).strip()
        entries.append(b"%o %s 0\t%s" % (mode, blob, path))
    return entries


def _pointer(file: bytes) -> tuple[bytes, int]:
    """Return the pointer of a file, or a pointer that is in its place as it is, and its mode in a tree."""
    from hashlib import sha256  # 4 MB, and few files are kept elsewhere

    digest, size, beginning = sha256(), 0, b""
    with Path(os.fsdecode(file)).open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            beginning = beginning or block
            digest.update(block)
            size += len(block)
        mode = 0o100755 if os.fstat(stream.fileno()).st_mode & stat.S_IXUSR else 0o100644
    if size < 1024 and beginning.startswith(LFS_POINTER[:40].encode()):
        return beginning, mode
    return LFS_POINTER.format(digest=digest.hexdigest(), size=size).encode(), mode
