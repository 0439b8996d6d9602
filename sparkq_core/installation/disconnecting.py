"""Takes out of the files of clients what `sparkq connect` put in: exactly that, and never through a symlink."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config import writing
from sparkq_core.config.settings import Config
from sparkq_core.errors import StorageError
from sparkq_core.files import lock
from sparkq_core.installation import allowance, connections, mcp_clients
from sparkq_core.installation.connection import Target, read
from sparkq_core.installation.connections import Record
from sparkq_core.installation.mcp_clients import KEPT, ClientFile


class Undo(NamedTuple):
    """A file, and its text without SparkQ's part; None if the file goes. `folder`: a folder that is empty then goes too.

    `client` and `record` tell what SparkQ's part is, for the text that the file has when it is taken out.
    """

    file: Path
    left: str | None
    folder: bool
    client: ClientFile | None
    record: Record | None


def found(config: Config, env: Mapping[str, str]) -> tuple[Undo, ...]:
    """Return the files with something of SparkQ: those in the record, and those of the project's root that name it."""
    records = connections.recorded(config)
    root = config.root.resolve()
    unrecorded = {
        mcp_clients.place(name, root, env): client for name, client in mcp_clients.CLIENTS.items() if not client.at_home
    }
    files = {**unrecorded, **dict.fromkeys(records)}
    undos = (_undo(file, files[file] or unrecorded.get(file), records.get(file), config) for file in files)
    return tuple(undo for undo in undos if undo is not None)


def of(at: Target) -> tuple[Undo, ...]:
    """Return what is to be taken out of a client's files. Raises InvalidConfig, StorageError."""
    records = connections.recorded(at.config)
    files = {at.file: at.client, **({at.folder / allowance.SETTINGS: None} if at.name == "claude-code" else {})}
    undos = []
    for file, client in files.items():
        read(file)  # which refuses what cannot be read
        undos.append(_undo(file, client, records.get(file), at.config))
    return tuple(undo for undo in undos if undo is not None)


def _undo(file: Path, client: ClientFile | None, record: Record | None, config: Config) -> Undo | None:
    try:
        if not file.is_file():
            return None
        text = file.read_bytes().decode()
        root = config.root
        left = _without_ours(text, file, client, root) if record is None else connections.undone(text, record, root)
    except (OSError, ValueError):
        return None
    folder = record.folder if record else file.parent != config.root
    return None if left == text else Undo(file, left, folder, client, record)


def _without_ours(text: str, file: Path, client: ClientFile | None, root: Path) -> str | None:
    """Return the text without the servers that name the project at `root`; None if nothing else is in it. Raises ValueError."""
    if client is None:
        return text
    value = mcp_clients.loads(text, file)
    servers = value.get(client.key) if isinstance(value, dict) else None
    names = [
        server.name
        for server in mcp_clients.entries(servers)
        if server.project is not None and mcp_clients.same(server.project, root)
    ]
    for name in names:
        text = mcp_clients.without(text, file, (client.key, name))
    if names and mcp_clients.loads(text, file) in ({}, {client.key: {}}):
        return None
    return text


def take_out(config: Config, undos: tuple[Undo, ...]) -> Iterator[Path]:
    """Change these files, and yield those that were changed. What cannot be written stays as it is."""
    for undo in undos:
        with suppress(OSError, StorageError), lock.folder(undo.file.parent):
            now = _undo(undo.file, undo.client, undo.record, config)
            if now is not None:
                _write(now)
                yield undo.file
    with suppress(OSError, StorageError), connections.changing(config) as records:
        for undo in undos:
            records.pop(undo.file, None)


def _write(undo: Undo) -> None:
    """Write the text that is left: the copy of the old file, if that differs in blanks only; no file, if nothing is left."""
    before = undo.file.with_name(f"{undo.file.name}{KEPT}")
    if undo.left is None:
        undo.file.resolve().unlink()
        if undo.folder:
            with suppress(OSError):
                undo.file.parent.rmdir()
    elif not undo.file.is_symlink() and _says(before, undo.left, undo.file):
        before.chmod(undo.file.stat().st_mode)
        os.replace(before, undo.file)
    else:
        writing.replace(undo.file, undo.left)


def _says(before: Path, left: str, file: Path) -> bool:
    """True if the copy has the same content as what is left, comments too, but for blanks."""
    try:
        copied = "" if before.is_symlink() else before.read_bytes().decode()
        same_words = "".join(copied.split()) == "".join(left.split())
        return same_words and bool(mcp_clients.loads(copied, file) == mcp_clients.loads(left, file))
    except (OSError, ValueError):
        return False
