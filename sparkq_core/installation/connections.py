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

    `empty` is the text of a file in which nothing was; None if the file was made.
    """

    file: Path
    added: tuple[Added, ...]
    empty: str | None
    folder: bool


def file_of(config: Config) -> Path:
    """Return the file with the records of a project."""
    return config.database.with_name(f"{config.database.name}{SUFFIX}")


def recorded(config: Config) -> dict[Path, Record]:
    """Return the records of a project by file; those that cannot be read are left out."""
    try:
        listed = json.loads(file_of(config).read_text(encoding="utf-8"))
        records = [_record(each) for each in listed]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return {record.file: record for record in records}


def _record(given: Any) -> Record:
    added = tuple(Added(tuple(map(str, keys)), item, before) for keys, item, before in given["added"])
    return Record(Path(given["file"]), added, given["empty"], bool(given["folder"]))


@contextmanager
def changing(config: Config) -> Iterator[dict[Path, Record]]:
    """Yield the records and write what the block makes of them, one process at a time. Raises StorageError, OSError."""
    file = file_of(config)
    with lock.folder(file.parent):
        records = recorded(config)
        yield records
        listed = [record._asdict() | {"file": str(record.file)} for record in records.values()]
        if listed:
            writing.replace(file, json.dumps(listed, ensure_ascii=False, indent=1) + "\n")
            file.chmod(0o600)
        else:
            file.unlink(missing_ok=True)


def undone(text: str, record: Record) -> str | None:
    """Return the text without what was added; None if the file was made and nothing else is in it.

    What was changed or taken out since is left as it is. Raises ValueError.
    """
    for added in reversed(record.added):
        present = _at(mcp_clients.loads(text, record.file), added.keys)
        if added.item is not None:
            if isinstance(present, list) and added.item in present:
                text = jsonc.without_item(text, added.keys, added.item)
        elif added.before is not None and _starts_sparkq(present, added.keys):
            text = mcp_clients.with_server(text, record.file, added.keys, added.before)
        elif present in ({}, []) or _starts_sparkq(present, added.keys):
            text = mcp_clients.without(text, record.file, added.keys)
    is_bare = not text.strip(f"{jsonc.BOM}{{}} \t\r\n")
    return record.empty if is_bare and (record.empty is None or not record.empty.strip()) else text


def _starts_sparkq(value: Any, keys: tuple[str, ...]) -> bool:
    """True if the member is a server of SparkQ."""
    return len(keys) > 1 and bool(mcp_clients.entries({keys[-1]: value}))


def _at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
