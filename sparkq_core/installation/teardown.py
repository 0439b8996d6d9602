"""Removes a project: the paths that teardown removes, and the reasons why it keeps others. It asks nothing.

It removes only what SparkQ made, only inside the project, and never through a symlink.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import store
from sparkq_core.config import cache, copies, ignoring, location, writing
from sparkq_core.config.loading import environment
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.files import durable
from sparkq_core.installation import connections, disconnecting, mcp_clients
from sparkq_core.installation.in_use import note_teardown
from sparkq_core.storage.header import APPLICATION_ID

SIDES = ("", connections.SUFFIX, "-wal", "-shm", "-journal", ".setup.lock", ".new", ".new-wal", ".new-shm", ".old")
"""The endings of the files beside a database. Backups are the user's and stay."""


HIDES = "it hides files that are kept from Git"
ENTRY = "SparkQ's entry"

LOCK = re.compile(r"(server|settings|hooks|artefacts|runner-(\d+|hosts)|chat-\d+-\d+)\.lock|server\.token")
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
        *_artefacts(config),
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
    return (*items, *_connected(config, root), *_at_home(root))


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
    undos = tuple(undo for undo in disconnecting.found(config, environment()) if Item(undo.file, ENTRY) in items)
    folders = _folders(config, root)
    if any(item.path == config.database and not item.kept for item in items):
        note_teardown(config)
    for item in items:
        if item.kept or item.what == ENTRY or not (item.path.exists() or item.path.is_symlink()):
            continue
        if item.path == root / ignoring.FILE:
            went = _unignore(config, root)
        elif item.path in folders:
            went = _removed_if_empty(item.path)
        else:
            went = _removed(item.path)
        gone += [item.path] if went else []
    _removed_if_empty(copies.folder(config))
    return (*gone, *disconnecting.take_out(config, undos))


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


def _artefacts(config: Config) -> Iterator[Item]:
    """Yield the folder of what accepted tasks left: it was made for you to keep."""
    folder = config.reviews
    if folder is not None and folder.is_dir() and any(folder.iterdir()):
        yield Item(folder, "what accepted tasks left", "it is yours")


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


def _connected(config: Config, root: Path) -> Iterator[Item]:
    """Yield the files of clients with what `sparkq connect` added, and those outside the project, which stay."""
    env = environment()
    at_home = {mcp_clients.place(name, root, env) for name, client in mcp_clients.CLIENTS.items() if client.at_home}
    for undo in disconnecting.found(config, env):
        if undo.file not in at_home:
            yield Item(undo.file, ENTRY, _outside(undo.file, root) or "")


def _outside(file: Path, root: Path) -> str | None:
    """Return why a client's file is kept."""
    if file.is_symlink():
        return "it is a symlink"
    return None if _inside(file, root) else "it is outside the project: sparkq connect CLIENT --remove"


def _at_home(root: Path) -> Iterator[Item]:
    """Yield this project's entries in the user's own client files, which other projects share."""
    env = environment()
    for name, client in mcp_clients.CLIENTS.items():
        file = mcp_clients.place(name, root, env)
        try:
            servers = mcp_clients.loads(file.read_text(encoding="utf-8"), file)[client.key] if client.at_home else {}
        except (OSError, ValueError, KeyError, TypeError):
            continue
        for entry in mcp_clients.entries(servers):
            if entry.project is not None and mcp_clients.same(entry.project, root):
                yield Item(
                    file, f"its entry {entry.name!r}", f"it is outside the project: sparkq connect {name} --remove"
                )


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
