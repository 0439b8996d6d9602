"""Is everything in order? A list of small checks, each with what it found and what mends it."""

import json
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import apsw

from sparkq_core import project
from sparkq_core.clock import SystemClock
from sparkq_core.config import loading as configuration
from sparkq_core.config.location import NETWORK_FILE_SYSTEMS, file_system
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig, SparkQError
from sparkq_core.installation import mcp_clients
from sparkq_core.lock import is_held
from sparkq_core.storage import schema
from sparkq_core.storage.database import Database
from sparkq_core.storage.errors import MORE, RESTORE

OK, WARNING, FAILURE = "ok", "warning", "failure"
SYNCED_FOLDERS = (
    "Dropbox",
    "OneDrive",
    "iCloud",
    "Mobile Documents",
    "Google Drive",
    "GoogleDrive",
    "Nextcloud",
    "Syncthing",
)
LARGE_WAL = 64 * 1024 * 1024


class Finding(NamedTuple):
    """What one check found: `ok`, `warning` or `failure`; `mend` says what to do about it."""

    check: str
    state: str
    message: str
    mend: str = ""


class Patient(NamedTuple):
    """What the checks look at; `db` is None when the database cannot be opened, and `trouble` says why."""

    config: Config
    db: Database | None
    trouble: SparkQError | None
    env: Mapping[str, str]


def examine(start: Path, env: Mapping[str, str]) -> tuple[Finding, ...]:
    """Every finding for the project around folder `start`. Changes nothing."""
    try:
        config = configuration.load(start, env)
    except SparkQError as error:
        return (Finding("configuration", FAILURE, error.message, error.hint),)
    db = Database(config.database, SystemClock(), schema.VERSION, schema.migrate, mends=False)
    try:
        config = project.with_table(config, db, start, env)
        db.data_version()
        patient = Patient(config, db, None, env)
    except InvalidConfig as error:
        return (Finding("configuration", FAILURE, error.message, error.hint),)
    except SparkQError as error:
        patient = Patient(config, None, error, env)
    try:
        return tuple(check(patient) for check in CHECKS)
    finally:
        db.close()


def _configuration(patient: Patient) -> Finding:
    where = patient.config.file or "no sparkq.yml: the config table and the defaults serve"
    return Finding("configuration", OK, str(where))


def _sqlite(_: Patient) -> Finding:
    version = apsw.sqlite_lib_version()
    if tuple(int(part) for part in version.split(".")) < (3, 51, 3):
        return Finding(
            "sqlite",
            FAILURE,
            f"SQLite {version} can corrupt a database that several processes write.",
            "pip install -U apsw",
        )
    return Finding("sqlite", OK, f"SQLite {version}")


def _database(patient: Patient) -> Finding:
    if patient.trouble is not None:
        return Finding("database", FAILURE, patient.trouble.message, _without_doctor(patient.trouble.hint))
    assert patient.db is not None
    ((version,),) = patient.db.rows("PRAGMA user_version")
    older = "" if version == schema.VERSION else f" (the next command upgrades it to {schema.VERSION})"
    return Finding("database", OK, f"{patient.config.database}, schema {version}{older}")


def _without_doctor(hint: str) -> str:
    """What mends it, without the advice to ask the doctor."""
    return " ".join(hint.replace(MORE, "").split()) or RESTORE


def _integrity(patient: Patient) -> Finding:
    if patient.db is None:
        return Finding("integrity", WARNING, "not checked: the database cannot be opened")
    wrong = _unsound(patient.db)
    if wrong:
        return Finding(
            "integrity",
            FAILURE,
            wrong,
            f"{RESTORE} Keep what was moved for study.",
        )
    return Finding("integrity", OK, "every page and every reference is sound")


def _unsound(db: Database) -> str:
    try:
        found = [str(row[0]) for row in db.rows("PRAGMA integrity_check(5)")]
        broken = db.rows("PRAGMA foreign_key_check")
    except SparkQError as error:
        return error.message
    if found != ["ok"]:
        return "; ".join(found)
    return f"{len(broken)} rows point nowhere" if broken else ""


def _wal(patient: Patient) -> Finding:
    wal = patient.config.database.with_name(f"{patient.config.database.name}-wal")
    size = wal.stat().st_size if wal.is_file() else 0
    mode = patient.db.rows("PRAGMA journal_mode")[0][0] if patient.db is not None else "wal"
    if mode != "wal":
        return Finding(
            "write-ahead log",
            WARNING,
            f"off (journal mode {mode}): readers and writers wait for each other",
            "The next command that works with the queue turns it on: sparkq tasks",
        )
    if size > LARGE_WAL:
        return Finding(
            "write-ahead log",
            WARNING,
            f"{size // 1024 // 1024} MiB",
            "A process reads for very long: end it, then the next command shortens the log.",
        )
    return Finding("write-ahead log", OK, f"{size // 1024} KiB")


def _permissions(patient: Patient) -> Finding:
    file = patient.config.database
    if not file.is_file():
        return Finding("permissions", WARNING, "not checked: there is no database")
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        return Finding(
            "permissions", WARNING, f"{file.name} has mode {mode:04o}: other users may read it", f"chmod 600 {file}"
        )
    return Finding("permissions", OK, f"{file.name} is yours alone")


def _file_system(patient: Patient) -> Finding:
    folder = patient.config.database.parent.resolve()
    kind = file_system(folder)
    if kind in NETWORK_FILE_SYSTEMS:
        return Finding(
            "file system",
            FAILURE,
            f"{folder} is on {kind}: its locks do not protect the database",
            "Set database.path to a local disk.",
        )
    synced = next(
        (name for name in SYNCED_FOLDERS if any(name.casefold() in part.casefold() for part in folder.parts)), None
    )
    if synced is not None:
        return Finding(
            "file system",
            WARNING,
            f"{folder} looks synchronised ({synced}): it may be replaced while it is open",
            "Set database.path to a folder that is not.",
        )
    return Finding("file system", OK, kind or "local")


def _locks(patient: Patient) -> Finding:
    folder = patient.config.run_dir
    held = sorted(one.name for one in folder.glob("*.lock") if is_held(one)) if folder.is_dir() else []
    return Finding("locks", OK, f"{folder}: {', '.join(held) if held else 'none held'}")


def _clients(patient: Patient) -> Finding:
    """Where Claude Code, Claude Desktop and others would find this project."""
    broken, dead, ours, others = [], [], [], []
    for client in _known(patient):
        try:
            found = _servers(client, patient.config.root)
        except (OSError, ValueError, RecursionError):
            broken.append(str(client.file))
            continue
        ours += [client.name for one in found if _serves(one, client, patient.config.root)]
        for one in found:
            missing = _missing(one)
            if missing is not None:
                dead.append(f"{one.name!r} of {client.name} names {missing}, which is gone")
            elif one.project is not None and not mcp_clients.same(one.project, patient.config.root):
                others.append(f"{one.name!r} of {client.name} is for {one.project}")
    if broken:
        return Finding(
            "MCP clients", WARNING, f"not JSON: {', '.join(broken)}", "Mend the file: its client ignores it now."
        )
    ours = list(dict.fromkeys(ours))
    if dead:
        return Finding(
            "MCP clients",
            WARNING,
            "; ".join([*ours, *dead]),
            "Take it out of the client's configuration, or connect anew: sparkq connect CLIENT",
        )
    if not ours:
        return Finding(
            "MCP clients", WARNING, "; ".join(["none has this project", *others]), "sparkq connect claude-code"
        )
    return Finding("MCP clients", OK, "; ".join([", ".join(ours), *others]))


class _Client(NamedTuple):
    """A client's file. `here`: the servers in it start in the project, and need not name it."""

    name: str
    file: Path
    key: str
    here: bool


def _known(patient: Patient) -> tuple[_Client, ...]:
    """The client files that are there."""
    home = Path(patient.env.get("HOME") or "/nonexistent")
    inside = [
        _Client(
            f"{one.client} ({one.path})" if one.client == "Claude Code" else one.client,
            patient.config.root / one.path,
            one.key,
            here=True,
        )
        for one in mcp_clients.IN_PROJECT.values()
    ]
    at_home = [
        _Client("Claude Code (~/.claude.json)", home / ".claude.json", "mcpServers", here=True),
        _Client("Claude Desktop", home / mcp_clients.DESKTOP["darwin"], "mcpServers", here=False),
        _Client("Claude Desktop (Linux)", home / mcp_clients.DESKTOP["linux"], "mcpServers", here=False),
    ]
    return tuple(one for one in (*inside, *at_home) if one.file.is_file())


def _servers(client: _Client, root: Path) -> tuple[mcp_clients.Entry, ...]:
    """SparkQ's servers in a client's file, with those that Claude Code keeps for this project. Raises ValueError."""
    present = json.loads(client.file.read_text(encoding="utf-8"))
    if not isinstance(present, dict):
        return ()
    projects = present.get("projects")
    own = projects.get(str(root)) if isinstance(projects, dict) else None
    more = mcp_clients.entries(own.get(client.key)) if isinstance(own, dict) else ()
    return (*mcp_clients.entries(present.get(client.key)), *more)


def _serves(one: mcp_clients.Entry, client: _Client, root: Path) -> bool:
    """Whether a server is this project's, and can start."""
    return _missing(one) is None and (client.here if one.project is None else mcp_clients.same(one.project, root))


def _missing(one: mcp_clients.Entry) -> Path | None:
    """A program or a project that a server names and that is not there."""
    command = Path(one.command)
    if command.is_absolute() and not command.exists():
        return command
    return one.project if one.project is not None and not one.project.is_dir() else None


def _hooks(patient: Patient) -> Finding:
    configured = patient.config.settings.hooks
    path = patient.env.get("PATH")
    lost = [f"{name}: {command[0]}" for name, command in configured.items() if not _found(command[0], patient, path)]
    if lost:
        return Finding(
            "hooks", WARNING, f"no such program: {', '.join(lost)}", "Correct hooks in sparkq.yml, or install it."
        )
    return Finding("hooks", OK, ", ".join(configured) or "none configured")


def _found(program: str, patient: Patient, path: str | None) -> bool:
    """Whether a hook's program can be started: by its path, from the project's root, or by its name."""
    return shutil.which(str(patient.config.root / program) if "/" in program else program, path=path) is not None


CHECKS: tuple[Callable[[Patient], Finding], ...] = (
    _configuration,
    _sqlite,
    _database,
    _integrity,
    _wal,
    _permissions,
    _file_system,
    _locks,
    _clients,
    _hooks,
)
