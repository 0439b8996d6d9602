"""What `sparkq connect` added to the files of clients, so that it can be taken out again exactly.

The record is beside the database. A file that is not in it, for example in a clone of a repository that has a .mcp.json, was
written by somebody else and stays.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core.config import writing
from sparkq_core.config.settings import Config
from sparkq_core.files import lock
from sparkq_core.installation import jsonc, mcp_clients

SUFFIX = ".connections"
"""The ending of the record's name, after that of the database."""


class Added(NamedTuple):
    """A part of a file that was added: the member at `keys`, or the `item` of the list there.

    `before` is the member that was in its place.
    """

    keys: tuple[str, ...]
    item: str | None = None
    before: dict[str, Any] | None = None


class Record(NamedTuple):
    """What was added to a file, in order. `folder` is True if its folder was made.

    `empty` is the text of a file in which nothing was; None if the file was made. `root` was the project's root then.
    """

    file: Path
    added: tuple[Added, ...]
    empty: str | None
    folder: bool
    root: Path | None = None


def file_of(config: Config) -> Path:
    """Return the file with the records of a project."""
    return config.database.with_name(f"{config.database.name}{SUFFIX}")


def recorded(config: Config) -> dict[Path, Record]:
    """Return the records of a project by file; those that cannot be read are left out."""
    try:
        listed = json.loads(file_of(config).read_text(encoding="utf-8"))
        records = [_record(each, config.root) for each in listed]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return {record.file: record for record in records}


def _record(given: Any, root: Path) -> Record:
    added = tuple(Added(tuple(map(str, keys)), item, before) for keys, item, before in given["added"])
    its_root = Path(given["root"]) if given.get("root") else None
    return Record(root / given["file"], added, given["empty"], bool(given["folder"]), its_root)


def _written(record: Record, root: Path) -> dict[str, Any]:
    """Return a record as it is stored. The path of a file in the project is relative, since its folder may be moved."""
    file = record.file.relative_to(root) if record.file.is_relative_to(root) else record.file
    return record._asdict() | {"file": str(file), "root": str(record.root) if record.root else None}


@contextmanager
def changing(config: Config) -> Iterator[dict[Path, Record]]:
    """Yield the records and write what the block makes of them, one process at a time. Raises StorageError, OSError."""
    file = file_of(config)
    with lock.folder(file.parent):
        records = recorded(config)
        yield records
        listed = [_written(record, config.root) for record in records.values()]
        if listed:
            writing.replace(file, json.dumps(listed, ensure_ascii=False, indent=1) + "\n")
            file.chmod(0o600)
        else:
            file.unlink(missing_ok=True)


def undone(text: str, record: Record, root: Path) -> str | None:
    """Return the text without what was added; None if the file was made and nothing else is in it.

    What was changed or taken out since is left as it is, and so is the server of another project than that at `root`.
    Raises ValueError.
    """
    roots = (root, record.root) if record.root is not None else ()
    for added in reversed(record.added):
        present = _at(mcp_clients.loads(text, record.file), added.keys)
        if added.item is not None:
            if isinstance(present, list) and added.item in present:
                text = jsonc.without_item(text, added.keys, added.item)
        elif added.before is not None and _is_ours(present, added.keys, roots):
            text = mcp_clients.with_server(text, record.file, added.keys, added.before)
        elif present in ({}, []) or _is_ours(present, added.keys, roots):
            text = mcp_clients.without(text, record.file, added.keys)
    is_bare = not text.strip(f"{jsonc.BOM}{{}} \t\r\n")
    return record.empty if is_bare and (record.empty is None or not record.empty.strip()) else text


def _is_ours(value: Any, keys: tuple[str, ...], roots: tuple[Path, ...]) -> bool:
    """True if the member is a server of SparkQ that names no project, or one of `roots` if these are known."""
    servers = mcp_clients.entries({keys[-1]: value}) if len(keys) > 1 else ()
    return any(
        server.project is None or not roots or any(mcp_clients.same(server.project, root) for root in roots)
        for server in servers
    )


def _at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
