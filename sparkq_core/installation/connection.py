"""Connects a project with a client: writes the server into the client's file, and takes it out again."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core.config import consent, location, writing
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig, InvalidValue, SparkQError, StorageError
from sparkq_core.files import lock
from sparkq_core.installation import allowance, connections, jsonc, mcp_clients
from sparkq_core.installation.connections import Added, Record
from sparkq_core.installation.mcp_clients import ClientFile, Entry
from sparkq_core.text import nearest

BY_HAND = "Use --print and copy it by hand."
PROGRAM = "sparkq"
EMPTY = "{}"
"""What the record has of a file that says something: its text is not kept there."""


class Target(NamedTuple):
    """A client, its file, and the project; `folder` is where the client is started."""

    name: str
    client: ClientFile
    file: Path
    folder: Path
    config: Config


class Merged(NamedTuple):
    """A client's configuration with SparkQ in it: its text, the server's name, what was added, and whose entry it replaces."""

    text: str
    name: str
    added: tuple[Added, ...]
    replaced: Entry | None


class Written(NamedTuple):
    """The name of the server in the client's file, the copy of the old file, and the other project's entry it replaced."""

    name: str
    kept: Path | None
    replaced: Entry | None


def target(name: str, config: Config, here: Path, env: Mapping[str, str]) -> Target:
    """Return the client called `name`, for work in the folder `here`. Raises InvalidValue."""
    client = mcp_clients.CLIENTS.get(name)
    if client is None:
        raise InvalidValue(f"Unknown client {name!r}.", nearest(name, mcp_clients.CLIENTS))
    folder = mcp_clients.folder(config, here, env)
    return Target(name, client, mcp_clients.place(name, folder, env), folder, config)


def command(env: Mapping[str, str]) -> list[str]:
    """Return the command that starts SparkQ: by its name where your PATH leads to this installation, else by its path.

    The folder of an activated virtual environment does not count: clients are started without it.
    """
    beside = Path(sys.executable).parent
    running = {_real(Path(sys.argv[0])), _real(beside / PROGRAM)}
    folders = [each for each in env.get("PATH", "").split(os.pathsep) if each and Path(each).is_absolute()]
    outside = [each for each in folders if sys.prefix == sys.base_prefix or not _same(Path(each), beside)]
    known = shutil.which(PROGRAM, path=os.pathsep.join(outside)) if outside else None
    if known is not None and _real(Path(known)) in running:
        return [PROGRAM]
    installed = shutil.which(PROGRAM, path=str(beside))
    return [installed] if installed else [sys.executable, "-P", "-m", "sparkq_cli.main"]


def _real(path: Path) -> str:
    return os.path.realpath(path)


def _same(path: Path, other: Path) -> bool:
    return _real(path) == _real(other)


def entry(at: Target, env: Mapping[str, str], *, allow: bool) -> dict[str, Any]:
    """Return the server's entry for a client: without paths of this machine where it can be."""
    words = command(env)
    if at.client.at_home and words == [PROGRAM]:
        words = [shutil.which(PROGRAM, path=env.get("PATH")) or PROGRAM]
    is_found = not at.client.at_home and _finds_it(at, env)
    return mcp_clients.written(at.client, words, None if is_found else at.config.root, allow=allow)


def _finds_it(at: Target, env: Mapping[str, str]) -> bool:
    """True if the server finds the project from the folder in which the client starts it."""
    bare = {name: value for name, value in env.items() if name != "SPARKQ_CONFIG"}
    return location.find(at.folder, bare).root.resolve() == at.config.root.resolve()


def merged(at: Target, server: dict[str, Any], text: str) -> Merged:
    """Return the client's configuration with SparkQ added and everything else as it was. Raises InvalidConfig.

    In a file that several projects share, the server of another existing project is kept.
    """
    root, key = at.config.root, at.client.key
    try:
        present = mcp_clients.loads(text, at.file)
        if at.client.plain and not jsonc.is_plain(text):
            raise ValueError(f"{at.client.client} reads neither comments nor trailing commas in it")
        servers = present.get(key, {}) if isinstance(present, dict) else None
        if not isinstance(servers, dict):
            raise ValueError(f"it is not a configuration of {at.client.client}")
        name = mcp_clients.free_name(servers, root, at.config.name) if at.client.at_home else mcp_clients.NAME
        new = mcp_clients.with_server(text, at.file, (key, name), server)
    except ValueError as error:
        raise unreadable(at.file, error) from error
    before = next((each for each in mcp_clients.entries(servers) if each.name == name), None)
    added = [Added(way) for way in mcp_clients.missing_on(present, (key, name))]
    other = before if before is not None and _is_for_another(before, at) else None
    if not added and before is not None and servers[name] != server:
        own = before.project is not None and mcp_clients.same(before.project, root)
        added = [Added((key, name), before=None if own else servers[name])]
    return Merged(new, name, tuple(added), other)


def _is_for_another(found: Entry, at: Target) -> bool:
    return found.project is not None and not mcp_clients.same(found.project, at.config.root)


def unreadable(file: Path, error: ValueError) -> InvalidConfig:
    """Return the refusal of a file that cannot be changed."""
    return InvalidConfig(f"{file}: {error}.", "Correct it first. It has not been changed.")


def write(at: Target, server: dict[str, Any]) -> Written:
    """Write the server into the client's file. The file is locked from reading to writing.

    Raises InvalidConfig, StorageError.
    """
    found: list[Merged] = []

    def change(text: str) -> tuple[str, tuple[Added, ...]]:
        found.append(merged(at, server, text))
        return found[-1].text, found[-1].added

    kept = _change(at.config, at.file, change, copies=True)
    return Written(found[-1].name, kept, found[-1].replaced)


def allow(at: Target, env: Mapping[str, str]) -> Path:
    """Let Claude Code use the tools in the target's folder without asking. Return the settings file.

    Raises AtTheKeyboard in an agent's shell, InvalidConfig, StorageError.
    """
    check_keyboard(env)
    file = at.folder / allowance.SETTINGS
    _change(at.config, file, allowance.allowing, copies=False)
    return file


def allowable(at: Target) -> None:
    """Refuse settings of Claude Code that cannot be changed. Raises InvalidConfig, StorageError."""
    file = at.folder / allowance.SETTINGS
    try:
        allowance.allowing(read(file))
    except ValueError as error:
        raise unreadable(file, error) from error


def is_connected(at: Target) -> bool:
    """True if the client has this project's server."""
    try:
        servers = mcp_clients.loads(read(at.file), at.file)[at.client.key]
    except (ValueError, KeyError, TypeError, SparkQError):
        return False
    return any(
        not at.client.at_home if found.project is None else mcp_clients.same(found.project, at.config.root)
        for found in mcp_clients.entries(servers)
    )


def check_keyboard(env: Mapping[str, str]) -> None:
    """Refuse an agent's shell: only you let tools be used without a question. Raises AtTheKeyboard."""
    consent.check_keyboard(env, "Only the user lets tools be used without a question.", "use --no-allow")


def read(file: Path) -> str:
    """Return the text of a client's file with its line ends; empty if it does not exist. Raises InvalidConfig."""
    try:
        return file.read_bytes().decode() if file.exists() else ""
    except UnicodeDecodeError as error:
        raise unreadable(file, ValueError("it is not UTF-8")) from error
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror}.", BY_HAND) from error


def _change(
    config: Config, file: Path, change: Callable[[str], tuple[str, tuple[Added, ...]]], *, copies: bool
) -> Path | None:
    """Change a file and record what was added. Return the copy of the old one, if that was not empty and is kept."""
    try:
        has_folder = file.parent.is_dir()
        file.parent.mkdir(parents=True, exist_ok=True)
        with lock.folder(file.parent), connections.changing(config) as records:
            made, text = not file.exists(), read(file)
            try:
                new, added = change(text)
            except ValueError as error:
                raise unreadable(file, error) from error
            if new == text:
                return None
            if not made and not os.access(file, os.W_OK):
                raise StorageError(
                    f"{file} is read-only.", f"Let yourself write it: chmod u+w {shlex.quote(str(file))}"
                )
            kept = _copy(file) if copies and text.strip() else None
            writing.replace(file, new)
            old = records.get(file)
            known = {each[:2] for each in old.added} if old is not None else set()
            new_ones = tuple(each for each in added if each[:2] not in known)
            records[file] = (
                Record(
                    file, added, None if made else (text if not text.strip() else EMPTY), not has_folder, config.root
                )
                if old is None
                else old._replace(added=(*old.added, *new_ones), root=config.root)
            )
            return kept
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}.", BY_HAND) from error


def _copy(file: Path) -> Path:
    """Keep a copy of a file beside it, and beside earlier ones."""
    number = 1
    while (kept := file.with_name(f"{file.name}{mcp_clients.KEPT}{'' if number == 1 else f'-{number}'}")).exists():
        number += 1
    shutil.copy2(file, kept)
    return kept
