"""Removes a project: the paths that teardown removes, and the reasons why it keeps others. It asks nothing.

It removes only what SparkQ made, only inside the project, and never through a symlink.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core import durable
from sparkq_core.changes import store
from sparkq_core.config import cache, copies, ignoring, location, writing
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.installation import mcp_clients
from sparkq_core.installation.in_use import note_teardown
from sparkq_core.storage.database import APPLICATION_ID

SIDES = ("", "-wal", "-shm", "-journal", ".setup.lock", ".new", ".new-wal", ".new-shm", ".old")
"""The endings of the files beside a database. Backups are the user's and stay."""


HIDES = "it hides files that are kept from Git"

LOCK = re.compile(r"(server|settings|hooks|runner-(\d+|hosts))\.lock|server\.token")
"""The files that SparkQ writes in the folder of the locks, where other programs may have lock files too."""

MARK = ".sparkq"
"""The file that `sparkq.sh` leaves in the virtual environment that it makes."""


class Item(NamedTuple):
    """A path that teardown removes, or removes its own part from; with a reason in `kept`, one that it keeps."""

    path: Path
    what: str
    kept: str = ""


def manifest(config: Config, *, venv: bool = False, backups: bool = False) -> tuple[Item, ...]:
    """List the paths that teardown removes from the project, and the similar ones that it keeps.

    With `venv` also the virtual environment, with `backups` also the backups and rescue copies. Raises InvalidConfig if the
    project's root is `/` or the home folder.
    """
    root = config.root.resolve()
    if root in (Path("/"), Path.home().resolve()):
        raise InvalidConfig(
            f"The project's folder is {root}.", "Teardown never works on / or a home folder: remove sparkq.yml by hand."
        )
    items = [
        *_database(config, root),
        *_changes(config, root),
        *_logs(config, root),
        *_locks(config, root),
        *_remembered(root),
    ]
    if config.file is not None:
        items.append(_judged(config.file, root, "the settings"))
    items += [
        _judged(file, root, "a half-written settings file")
        for file in sorted(root.glob(".*.new"))
        if _is_unfinished(file)
    ]
    own = virtual_environment(config) if venv else None
    items += [own] if own is not None else []
    items += _copies(config, backups)
    going = {_spot(item.path) for item in items if not item.kept}
    items += _guards(config, going)
    items += _emptied(config, root, going)
    items += _ignoring(config, root, going)
    items += [Item(file, "SparkQ's entry") for file, _ in _disconnected(root)]
    return (*items, *_at_home(root))


def backups(config: Config) -> tuple[Item, ...]:
    """Return the folders of the backups and rescue copies, as what is to be removed."""
    return tuple(_copies(config, True))


def virtual_environment(config: Config) -> Item | None:
    """Return the project's `.venv`, if `sparkq.sh` made it."""
    folder = config.root.resolve() / ".venv"
    if not (folder / "pyvenv.cfg").is_file() or not (folder / MARK).is_file():
        return None
    return _judged(folder, config.root.resolve(), "the virtual environment of sparkq.sh", folder=True)


def remove(config: Config, items: tuple[Item, ...]) -> tuple[Path, ...]:
    """Remove `items`: files, SparkQ's folders if they are empty then, its lines in .gitignore, and its entries in the
    project's MCP client files. Returns the paths that were removed.

    Raises StorageError at the first path that cannot be removed. Calling it again continues.
    """
    gone = []
    root = config.root.resolve()
    clients_of = {root / file.path for file in mcp_clients.IN_PROJECT.values()}
    folders = _folders(config, root)
    if any(item.path == config.database and not item.kept for item in items):
        note_teardown(config)
    for item in items:
        if item.kept or item.path in clients_of or not (item.path.exists() or item.path.is_symlink()):
            continue
        if item.path == root / ignoring.FILE:
            went = _unignore(config, root)
        elif item.path in folders:
            went = _removed_if_empty(item.path)
        else:
            went = _removed(item.path)
        gone += [item.path] if went else []
    _removed_if_empty(copies.folder(config))
    return (*gone, *_disconnect(root, {item.path for item in items}))


def _removed(path: Path) -> bool:
    """Remove a file, or a folder with all that is in it. Raises StorageError."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise StorageError(
            f"{path} cannot be removed: {error.strerror}.", "Correct its permissions and run it again."
        ) from error
    return True


def _removed_if_empty(folder: Path) -> bool:
    with suppress(OSError):
        folder.rmdir()
        return True
    return False


def _spot(path: Path) -> Path:
    """Resolve the folder of a path, but not the path itself if it is a symlink."""
    return path.parent.resolve() / path.name


def _folders(config: Config, root: Path) -> tuple[Path, ...]:
    """The folders that SparkQ made, the innermost first."""
    inner = {config.database.parent, config.log.parent, config.run_dir, (root / cache.PATH).parent}
    return tuple(
        sorted(inner | {root / Path(location.DATABASE).parts[0]}, key=lambda folder: (-len(folder.parts), folder))
    )


def _is_unfinished(file: Path) -> bool:
    return bool(durable.UNFINISHED.fullmatch(file.name)) or file.name.startswith(f".{location.FILE}")


def _guards(config: Config, going: set[Path]) -> Iterator[Item]:
    """Yield the .gitignore of each of SparkQ's folders, and add those that go. They stay where something that they hide
    stays."""
    for file in (folder / ignoring.FILE for folder in _folders(config, config.root.resolve())):
        if not ignoring.is_guard(file):
            continue
        hides = [path for path in file.parent.rglob("*") if path != file and (path.is_symlink() or not path.is_dir())]
        stays = any(going.isdisjoint((_spot(path), *_spot(path).parents)) for path in hides)
        going |= set() if stays else {_spot(file)}
        yield Item(file, "hides SparkQ's data from Git", HIDES if stays else "")


def _emptied(config: Config, root: Path, going: set[Path]) -> Iterator[Item]:
    """Yield SparkQ's folders that are empty without the paths in `going`, and add them to it."""
    for folder in _folders(config, root):
        if folder.is_dir() and not folder.is_symlink() and _inside(folder, root) and not _left_in(folder, going):
            going.add(_spot(folder))
            yield Item(folder, "a folder that is then empty")


def _left_in(folder: Path, going: set[Path]) -> bool:
    return any(_spot(path) not in going for path in folder.iterdir())


def _database(config: Config, root: Path) -> Iterator[Item]:
    file = config.database
    if file.exists() and not _ours(file):
        yield Item(file, "the database", "it is not a database of SparkQ")
        return
    for backup in sorted(file.parent.glob("*.backup.db")):
        yield Item(backup, "a backup", "backups are yours")
    for side in SIDES:
        path = file.with_name(f"{file.name}{side}")
        if path.exists() or path.is_symlink():
            yield _judged(path, root, "the database" if not side else "beside the database")


def _changes(config: Config, root: Path) -> Iterator[Item]:
    """Yield the store of what the tasks changed."""
    folder = store.path(config)
    if folder.is_dir() or folder.is_symlink():
        item = _judged(folder, root, "what the tasks changed", folder=True)
        strange = not item.kept and not store.is_pure(folder)
        yield item._replace(kept="it has files that SparkQ did not make") if strange else item


def _ours(file: Path) -> bool:
    """True if the file's header is that of SQLite and of SparkQ."""
    try:
        with file.open("rb") as stream:
            head = stream.read(72)
    except OSError:
        return False
    return head[:16] == b"SQLite format 3\0" and int.from_bytes(head[68:72], "big") == APPLICATION_ID


def _copies(config: Config, backups: bool) -> Iterator[Item]:
    """Yield the folders of the backups and rescue copies: they stay unless you want them to go."""
    for folder in (copies.backups(config), copies.rescue(config)):
        if folder.is_dir() and not folder.is_symlink() and any(folder.iterdir()):
            what = f"the {'backups' if folder.name == copies.BACKUPS else 'rescue copies'}"
            yield Item(folder, what, "" if backups else "--backups removes them too")


def _logs(config: Config, root: Path) -> Iterator[Item]:
    name = re.compile(re.escape(config.log.name) + r"(\.\d+)?")
    for path in sorted(config.log.parent.iterdir()) if config.log.parent.is_dir() else ():
        if name.fullmatch(path.name):
            yield _judged(path, root, "a log")


def _locks(config: Config, root: Path) -> Iterator[Item]:
    folders = {config.run_dir, (root / cache.PATH).parent}
    for path in sorted(file for folder in folders if folder.is_dir() for file in folder.iterdir()):
        if LOCK.fullmatch(path.name):
            yield _judged(path, root, "a lock" if path.suffix == ".lock" else "the server's token")


def _remembered(root: Path) -> Iterator[Item]:
    kept = root / cache.PATH
    for path in sorted(kept.parent.glob("settings.*")) if kept.parent.is_dir() else ():
        if path.suffix != ".lock":
            yield _judged(path, root, "the settings, as they were last read")


def _judged(path: Path, root: Path, what: str, *, folder: bool = False) -> Item:
    if path.is_symlink():
        return Item(path, what, "it is a symlink")
    if not _inside(path, root):
        return Item(path, what, "it is outside the project")
    if path.is_dir() and not folder:
        return Item(path, what, "it is a folder")
    return Item(path, what)


def _inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root) and path.resolve() != root


def _disconnected(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the project's client files that have this project's server, and their text without it."""
    for client in mcp_clients.IN_PROJECT.values():
        file = root / client.path
        try:
            if file.is_symlink() or not file.is_file() or not _inside(file, root):
                continue
            left = mcp_clients.without(file.read_text(encoding="utf-8"), client, root)
        except (OSError, UnicodeDecodeError):
            continue
        if left is not None:
            yield file, left


def _at_home(root: Path) -> Iterator[Item]:
    """Yield this project's entries in the user's own client files, which other projects share."""
    for file in (Path.home() / path for path in mcp_clients.DESKTOP.values()):
        try:
            servers = json.loads(file.read_text(encoding="utf-8"))["mcpServers"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        for entry in mcp_clients.entries(servers):
            if entry.project is not None and mcp_clients.same(entry.project, root):
                yield Item(file, f"its entry {entry.name!r}", "it is outside the project")


def _disconnect(root: Path, wanted: set[Path]) -> Iterator[Path]:
    """Remove the server that `sparkq connect` wrote from the `wanted` client files; an empty file is removed."""
    for file, left in _disconnected(root):
        if file not in wanted:
            continue
        try:
            before = file.with_name(f"{file.name}{mcp_clients.KEPT}")
            if left and _says(before, left):
                os.replace(before, file)
            elif left:
                writing.replace(file, left)
            else:
                file.unlink()
                if file.parent != root and not any(file.parent.iterdir()):
                    file.parent.rmdir()
        except (OSError, StorageError):
            continue  # it is as it was
        yield file


def _says(file: Path, text: str) -> bool:
    """True if the file has the same JSON as `text`, however it is written."""
    try:
        return bool(json.loads(file.read_text(encoding="utf-8")) == json.loads(text))
    except (OSError, ValueError):
        return False


def _ignoring(config: Config, root: Path, going: set[Path]) -> Iterator[Item]:
    """Yield SparkQ's own lines in .gitignore. They are kept while something that they hide is kept."""
    file = root / ignoring.FILE
    if ignoring.without(file, ignoring.lines(config)) is not None:
        hiding = any((root / folder).is_dir() and _left_in(root / folder, going) for folder in ignoring.EARLIER)
        yield Item(file, "SparkQ's lines", HIDES if hiding else "")


def _unignore(config: Config, root: Path) -> bool:
    """Remove SparkQ's own lines from .gitignore, or the file if it has no others."""
    file = root / ignoring.FILE
    left = ignoring.without(file, ignoring.lines(config))
    if left is None:
        return False
    try:
        if left:
            writing.replace(file, left)
        else:
            file.unlink()
    except (OSError, StorageError):
        return False
    return True
