"""Taking a project away: what teardown would remove, and why something is left alone. Asks nothing.

Only what SparkQ made, only inside the project, and never through a symlink.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import apsw

from sparkq_core import clients, place, remembered, settings_file
from sparkq_core.db import APPLICATION_ID
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.lifecycle import IGNORED, IGNORED_HEAD
from sparkq_core.settings import Config

SIDES = ("", "-wal", "-shm", "-journal", ".setup.lock", ".new", ".new-wal", ".new-shm")
"""What may stand beside a database file, by its ending. Backups are the person's and stay."""


class Item(NamedTuple):
    """One path that teardown removes, or (with a reason) leaves alone."""

    path: Path
    what: str
    kept: str = ""


def manifest(config: Config) -> tuple[Item, ...]:
    """Everything that teardown would remove from the project, and what it would not touch though it looks like ours.

    Raises InvalidConfig when the project's root is `/` or the home folder.
    """
    root = config.root.resolve()
    if root in (Path("/"), Path.home().resolve()):
        raise InvalidConfig(
            f"The project's folder is {root}.", "Teardown never works on / or a home folder: remove sparkq.yml by hand."
        )
    found = [*_database(config, root), *_logs(config, root), *_locks(config, root), *_remembered(root)]
    if config.file is not None:
        found.append(_judged(config.file, root, "the settings"))
    found += [_judged(file, root, "a half-written settings file") for file in sorted(root.glob(f".{place.FILE}*.new"))]
    return tuple(found)


def virtual_environment(config: Config) -> Item | None:
    """The project's `.venv`, if it has one that Python made."""
    folder = config.root.resolve() / ".venv"
    if not (folder / "pyvenv.cfg").is_file():
        return None
    return _judged(folder, config.root.resolve(), "the virtual environment")


def connected(config: Config) -> tuple[Path, ...]:
    """The client files inside the project from which `remove` takes this project's server."""
    return tuple(file for file, _ in _disconnected(config.root.resolve()))


def in_use(config: Config) -> bool:
    """Whether another process has the database open. Changes nothing."""
    if not config.database.is_file():
        return False
    try:
        connection = apsw.Connection(str(config.database), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error:
        return False
    try:
        # Whoever has a database in WAL mode open holds a shared lock on its file; this asks for it alone.
        connection.pragma("locking_mode", "exclusive")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    except apsw.BusyError:
        return True
    except apsw.Error:
        return False
    finally:
        connection.close()
    return False


def remove(config: Config, items: tuple[Item, ...]) -> tuple[Path, ...]:
    """Remove `items`, the folders of SparkQ that are empty then, and its lines in .gitignore and in the project's MCP
    client files; returns what went.

    Raises StorageError at the first path that cannot be removed; calling again goes on.
    """
    gone = []
    root = config.root.resolve()
    for item in items:
        if item.kept or not (item.path.exists() or item.path.is_symlink()):
            continue
        try:
            if item.path.is_dir() and not item.path.is_symlink():
                shutil.rmtree(item.path)
            else:
                item.path.unlink()
        except OSError as error:
            raise StorageError(
                f"{item.path} cannot be removed: {error.strerror}.", "Mend its permissions and run it again."
            ) from error
        gone.append(item.path)
    for folder in (
        config.database.parent,
        config.log.parent,
        config.run_dir,
        (root / remembered.PATH).parent,
        root / "sparkq",
    ):
        if folder.is_dir() and not folder.is_symlink() and _inside(folder, root) and not any(folder.iterdir()):
            folder.rmdir()
            gone.append(folder)
    if _unignore(root):
        gone.append(root / ".gitignore")
    return (*gone, *_disconnect(root))


def _database(config: Config, root: Path) -> Iterator[Item]:
    file = config.database
    if file.exists() and not _ours(file):
        yield Item(file, "the database", "it is no database of SparkQ")
        return
    for backup in sorted(file.parent.glob("*.backup.db")):
        yield Item(backup, "a backup", "backups are yours")
    for side in SIDES:
        path = file.with_name(f"{file.name}{side}")
        if path.exists() or path.is_symlink():
            yield _judged(path, root, "the database" if not side else "beside the database")


def _ours(file: Path) -> bool:
    """Whether the header says SQLite and SparkQ (an empty file is nobody's)."""
    try:
        with file.open("rb") as stream:
            head = stream.read(72)
    except OSError:
        return False
    return head[:16] == b"SQLite format 3\0" and int.from_bytes(head[68:72], "big") == APPLICATION_ID


def _logs(config: Config, root: Path) -> Iterator[Item]:
    for path in sorted(config.log.parent.glob(f"{config.log.name}*")) if config.log.parent.is_dir() else ():
        yield _judged(path, root, "a log")


def _locks(config: Config, root: Path) -> Iterator[Item]:
    folders = {config.run_dir, (root / remembered.PATH).parent}
    for path in sorted(file for folder in folders for name in ("*.lock", "server.token") for file in folder.glob(name)):
        yield _judged(path, root, "a lock" if path.suffix == ".lock" else "the server's token")


def _remembered(root: Path) -> Iterator[Item]:
    kept = root / remembered.PATH
    for path in sorted(kept.parent.glob("settings.*")) if kept.parent.is_dir() else ():
        if path.suffix != ".lock":
            yield _judged(path, root, "the settings, as they were last read")


def _judged(path: Path, root: Path, what: str) -> Item:
    if path.is_symlink():
        return Item(path, what, "it is a symlink")
    if not _inside(path, root):
        return Item(path, what, "it is outside the project")
    return Item(path, what)


def _inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root) and path.resolve() != root


def _disconnected(root: Path) -> Iterator[tuple[Path, str]]:
    """The project's client files with this project's server in them, and their text without it."""
    for one in clients.IN_PROJECT.values():
        file = root / one.path
        try:
            if file.is_symlink() or not file.is_file() or not _inside(file, root):
                continue
            left = clients.without(file.read_text(encoding="utf-8"), one, root)
        except (OSError, UnicodeDecodeError):
            continue
        if left is not None:
            yield file, left


def _disconnect(root: Path) -> Iterator[Path]:
    """Take the server that `sparkq connect` wrote out of the project's client files; an empty one goes."""
    for file, left in _disconnected(root):
        try:
            before = file.with_name(f"{file.name}{clients.KEPT}")
            if left and _says(before, left):
                os.replace(before, file)
            elif left:
                file.write_text(left, encoding="utf-8")
            else:
                file.unlink()
                if file.parent != root and not any(file.parent.iterdir()):
                    file.parent.rmdir()
        except OSError:
            continue
        yield file


def _says(file: Path, text: str) -> bool:
    """Whether the file says in its own words what the JSON `text` says."""
    try:
        return bool(json.loads(file.read_text(encoding="utf-8")) == json.loads(text))
    except (OSError, ValueError):
        return False


def _unignore(root: Path) -> bool:
    """Take SparkQ's own lines out of .gitignore; the file goes when nothing else was in it."""
    file = root / ".gitignore"
    try:
        if file.is_symlink() or not file.is_file():
            return False
        lines = (settings_file.read(file) or "").splitlines(keepends=True)
        block = [f"{line}\n" for line in (IGNORED_HEAD, *IGNORED)]
        at = next((at for at in range(len(lines)) if lines[at : at + len(block)] == block), None)
        if at is None:
            return False
        left = "".join(lines[:at] + lines[at + len(block) :])
        if left:
            settings_file.replace(file, left)
        else:
            file.unlink()
    except (OSError, StorageError):
        return False
    return True
