"""Checks that a project is in order: a list of small checks, each with its finding and the fix."""

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
    """The result of one check: `ok`, `warning` or `failure`. `fix` is the next step."""

    check: str
    state: str
    message: str
    fix: str = ""


class Patient(NamedTuple):
    """The project that is checked. `db` is None if the database cannot be opened, and `trouble` says why."""

    config: Config
    db: Database | None
    trouble: SparkQError | None
    env: Mapping[str, str]


def examine(start: Path, env: Mapping[str, str]) -> tuple[Finding, ...]:
    """Run every check on the project around folder `start`. Changes nothing."""
    try:
        config = configuration.load(start, env)
    except SparkQError as error:
        return (Finding("configuration", FAILURE, error.message, error.hint),)
    db = Database(config.database, SystemClock(), schema.VERSION, schema.migrate, upgrade=False)
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
    if patient.config.is_remembered:
        return Finding(
            "configuration",
            WARNING,
            f"there is no sparkq.yml in {patient.config.root}: its settings are used as they were last read",
            "It may be on another branch. Bring it here, or write it again from these settings: sparkq setup",
        )
    origin = patient.config.file or "no sparkq.yml: the config table and the defaults are used"
    return Finding("configuration", OK, str(origin))


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
    """Return the hint without the advice to run the doctor."""
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
            f"{RESTORE} Keep the moved files for analysis.",
        )
    return Finding("integrity", OK, "every page and every reference is sound")


def _unsound(db: Database) -> str:
    try:
        problems = [str(row[0]) for row in db.rows("PRAGMA integrity_check(5)")]
        broken = db.rows("PRAGMA foreign_key_check")
    except SparkQError as error:
        return error.message
    if problems != ["ok"]:
        return "; ".join(problems)
    return f"broken references: {len(broken)}" if broken else ""


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
            "A process has been reading for a very long time: end it. The next command then shortens the log.",
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
    return Finding("permissions", OK, f"only you can read {file.name}")


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
            "Set database.path to a folder that is not synchronised.",
        )
    return Finding("file system", OK, kind or "local")


def _locks(patient: Patient) -> Finding:
    folder = patient.config.run_dir
    held = sorted(file.name for file in folder.glob("*.lock") if is_held(file)) if folder.is_dir() else []
    return Finding("locks", OK, f"{folder}: {', '.join(held) if held else 'none held'}")


def _clients(patient: Patient) -> Finding:
    """Look for this project in the configuration files of Claude Code, Claude Desktop and others."""
    broken, dead, ours, others = [], [], [], []
    for client in _known(patient):
        try:
            servers = _servers(client, patient.config.root)
        except (OSError, ValueError, RecursionError):
            broken.append(str(client.file))
            continue
        ours += [client.name for server in servers if _serves(server, client, patient.config.root)]
        for server in servers:
            missing = _missing(server)
            if missing is not None:
                dead.append(f"{server.name!r} of {client.name} names {missing}, which no longer exists")
            elif server.project is not None and not mcp_clients.same(server.project, patient.config.root):
                others.append(f"{server.name!r} of {client.name} is for {server.project}")
    if broken:
        return Finding(
            "MCP clients", WARNING, f"not JSON: {', '.join(broken)}", "Correct the file: its client ignores it now."
        )
    ours = list(dict.fromkeys(ours))
    if dead:
        return Finding(
            "MCP clients",
            WARNING,
            "; ".join([*ours, *dead]),
            "Remove it from the client's configuration, or connect again: sparkq connect CLIENT",
        )
    if not ours:
        return Finding(
            "MCP clients", WARNING, "; ".join(["no client has this project", *others]), "sparkq connect claude-code"
        )
    return Finding("MCP clients", OK, "; ".join([", ".join(ours), *others]))


class _Client(NamedTuple):
    """A client's file. With `here`, the servers in it start in the project and need not name it."""

    name: str
    file: Path
    key: str
    here: bool


def _known(patient: Patient) -> tuple[_Client, ...]:
    """Return the client files that exist."""
    home = Path(patient.env.get("HOME") or "/nonexistent")
    inside = [
        _Client(
            f"{file.client} ({file.path})" if file.client == "Claude Code" else file.client,
            patient.config.root / file.path,
            file.key,
            here=True,
        )
        for file in mcp_clients.IN_PROJECT.values()
    ]
    at_home = [
        _Client("Claude Code (~/.claude.json)", home / ".claude.json", "mcpServers", here=True),
        _Client("Claude Desktop", home / mcp_clients.DESKTOP["darwin"], "mcpServers", here=False),
        _Client("Claude Desktop (Linux)", home / mcp_clients.DESKTOP["linux"], "mcpServers", here=False),
    ]
    return tuple(client for client in (*inside, *at_home) if client.file.is_file())


def _servers(client: _Client, root: Path) -> tuple[mcp_clients.Entry, ...]:
    """Return SparkQ's servers in a client's file, with those that Claude Code keeps for this project.

    Raises ValueError.
    """
    present = json.loads(client.file.read_text(encoding="utf-8"))
    if not isinstance(present, dict):
        return ()
    projects = present.get("projects")
    own = projects.get(str(root)) if isinstance(projects, dict) else None
    more = mcp_clients.entries(own.get(client.key)) if isinstance(own, dict) else ()
    return (*mcp_clients.entries(present.get(client.key)), *more)


def _serves(server: mcp_clients.Entry, client: _Client, root: Path) -> bool:
    """True if a server is this project's, and can start."""
    if _missing(server) is not None:
        return False
    return client.here if server.project is None else mcp_clients.same(server.project, root)


def _missing(server: mcp_clients.Entry) -> Path | None:
    """Return the program or the project that a server names if it does not exist."""
    command = Path(server.command)
    if command.is_absolute() and not command.exists():
        return command
    return server.project if server.project is not None and not server.project.is_dir() else None


def _hooks(patient: Patient) -> Finding:
    configured = patient.config.settings.hooks
    path = patient.env.get("PATH")
    missing = [
        f"{name}: {command[0]}" for name, command in configured.items() if not _exists(command[0], patient, path)
    ]
    if missing:
        return Finding(
            "hooks", WARNING, f"no such program: {', '.join(missing)}", "Correct hooks in sparkq.yml, or install it."
        )
    return Finding("hooks", OK, ", ".join(configured) or "none configured")


def _exists(program: str, patient: Patient, path: str | None) -> bool:
    """True if a hook's program can be started: by its path from the project's root, or by its name."""
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
