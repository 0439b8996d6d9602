"""Carry what an attempt changed into another project: the files of both sides as they were, in an export.

The trees of the first project mean nothing to another one. There, two small trees are made of these files, whose difference
is the same.
"""

import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core.changes import diff, store
from sparkq_core.changes.git import Deadline, GitFailed
from sparkq_core.changes.states import OBJECT_ID
from sparkq_core.changes.view import Change
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidValue, StorageError
from sparkq_core.files import durable

MAX_BYTES = 256 * 1024
"""The bytes of all files of a change that is carried, and the most files."""

MAX_FILES = 1000
MAX_PATH = 4096
SECONDS = 10.0

FILE, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
MODES = (FILE, EXECUTABLE, LINK, SUBMODULE)
FOLDER = "40000"
ABSENT = "000000"

Row = dict[str, Any]
"""One changed file: `path`, and `before` and `after` as [mode, content in base64], or null where it is not there."""


class _Entry(NamedTuple):
    """What a tree has at a path."""

    mode: str
    object_id: str


def files(config: Config, change: Change) -> list[Row] | None:
    """Return the files of a change. None if they are too many or too large, or not kept any more."""
    try:
        git = diff.reader(config, change.after.get("work_tree", "."), Deadline.after(SECONDS))
        raw = git("diff-tree", *diff.EXACT, "-z", "--raw", "--no-renames", "--no-abbrev", *change.trees).split(b"\0")
        entries = [(raw[at].decode(), raw[at + 1].decode()) for at in range(0, len(raw) - 1, 2)]
        if len(entries) > MAX_FILES:
            return None
        sides = [(path, *_sides(about)) for about, path in entries]
        wanted = {entry.object_id for _, *both in sides for entry in both if entry and entry.mode != SUBMODULE}
        sizes = git("cat-file", "--batch-check=%(objectsize)", stdin=_lines(wanted)).split()
        if sum(map(int, sizes)) > MAX_BYTES:
            return None
        contents = _contents(git("cat-file", "--batch", stdin=_lines(wanted)))
        return [
            {"path": path, "before": _packed(before, contents), "after": _packed(after, contents)}
            for path, before, after in sides
        ]
    except (GitFailed, ValueError, KeyError):  # among them names that are not UTF-8
        return None


def _sides(about: str) -> tuple[_Entry | None, _Entry | None]:
    """Read `:100644 100755 <id> <id> M` of Git."""
    old_mode, new_mode, old, new, _ = about.removeprefix(":").split(" ")
    pairs = ((old_mode, old), (new_mode, new))
    before, after = (None if mode == ABSENT else _Entry(mode, object_id) for mode, object_id in pairs)
    return before, after


def _lines(ids: Iterable[str]) -> bytes:
    return "".join(f"{object_id}\n" for object_id in sorted(ids)).encode()


def _contents(batch: bytes) -> dict[str, bytes]:
    """Read the answer of `cat-file --batch`."""
    contents = {}
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        object_id, _, size = batch[at:end].decode().split(" ")
        contents[object_id] = batch[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
    return contents


def _packed(entry: _Entry | None, contents: Mapping[str, bytes]) -> list[str] | None:
    if entry is None:
        return None
    content = entry.object_id.encode() if entry.mode == SUBMODULE else contents[entry.object_id]
    return [entry.mode, b64encode(content).decode()]


def unpack(config: Config, rows: Any) -> tuple[str, str]:
    """Write two trees of the files of a change into the store, and return their ids: before, after.

    Raises InvalidValue for files that no export has, StorageError.
    """
    if not isinstance(rows, list) or len(rows) > MAX_FILES:
        raise InvalidValue(f"The files of a change are a list of at most {MAX_FILES:,}.")
    objects: dict[str, tuple[str, bytes]] = {}
    sides: dict[str, dict[str, _Entry]] = {"before": {}, "after": {}}
    for row in rows:
        if not isinstance(row, dict) or set(row) != {"path", "before", "after"}:
            raise InvalidValue("A changed file has a path, a before and an after.")
        path = _checked_path(row["path"])
        for name, entries in sides.items():
            if row[name] is not None:
                mode, content = _unpacked(row[name])
                entries[path] = _Entry(mode, content.decode() if mode == SUBMODULE else _add(objects, "blob", content))
    if sum(len(content) for kind, content in objects.values() if kind == "blob") > MAX_BYTES:
        raise InvalidValue(f"The files of a change have more than {MAX_BYTES:,} bytes.")
    before, after = (_tree(objects, entries) for entries in sides.values())
    try:
        for object_id, (kind, content) in objects.items():
            _write(store.path(config), object_id, kind, content)
    except OSError as error:
        raise StorageError(f"{store.path(config)} cannot be written: {error.strerror}.", "Check the folder.") from error
    return before, after


def _checked_path(path: Any) -> str:
    parts = path.split("/") if isinstance(path, str) and len(path) <= MAX_PATH else [""]
    if any(part in ("", ".", "..") or part.lower() == ".git" or "\0" in part for part in parts):
        raise InvalidValue("The path of a changed file is not valid.")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue("The path of a changed file is not valid.") from error
    return str(path)


def _unpacked(side: Any) -> tuple[str, bytes]:
    try:
        mode, text = side
        content = b64decode(text, validate=True)
    except (TypeError, ValueError) as error:
        raise InvalidValue("The content of a changed file is not valid.") from error
    if mode not in MODES or (mode == SUBMODULE and not OBJECT_ID.fullmatch(content.decode("ascii", "replace"))):
        raise InvalidValue("The mode of a changed file is not valid.")
    return mode, content


def _add(objects: dict[str, tuple[str, bytes]], kind: str, content: bytes) -> str:
    """Add an object of Git, and return its id."""
    from hashlib import sha1  # 4 MB, which an idle server does not need

    object_id = sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
    objects[object_id] = kind, content
    return object_id


def _tree(objects: dict[str, tuple[str, bytes]], entries: Mapping[str, _Entry]) -> str:
    """Add the tree of these paths and the trees in it, and return its id. Raises InvalidValue."""
    here: dict[str, _Entry] = {}
    below: dict[str, dict[str, _Entry]] = {}
    for path, entry in entries.items():
        first, slash, rest = path.partition("/")
        if slash:
            below.setdefault(first, {})[rest] = entry
        else:
            here[first] = entry
    if not here.keys().isdisjoint(below):
        raise InvalidValue("A changed file is a folder too.")
    here |= {name: _Entry(FOLDER, _tree(objects, inner)) for name, inner in below.items()}
    order = sorted(here, key=lambda name: name.encode() + (b"/" if here[name].mode == FOLDER else b""))
    content = b"".join(
        b"%s %s\0%s" % (here[name].mode.encode(), name.encode(), bytes.fromhex(here[name].object_id)) for name in order
    )
    return _add(objects, "tree", content)


def _write(folder: Path, object_id: str, kind: str, content: bytes) -> None:
    """Write a loose object of Git. Raises StorageError."""
    file = folder / object_id[:2] / object_id[2:]
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with durable.building(file) as built:
            built.write_bytes(zlib.compress(b"%s %d\0%s" % (kind.encode(), len(content), content), 1))
            os.replace(built, file)
