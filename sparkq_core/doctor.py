"""Is everything in order? A list of small checks, each with what it found and what mends it."""

import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import apsw

from sparkq_core import clients, project, schema
from sparkq_core import config as configuration
from sparkq_core.clock import SystemClock
from sparkq_core.db import RESTORE, Database
from sparkq_core.errors import InvalidConfig, SparkQError
from sparkq_core.lock import is_held
from sparkq_core.place import NETWORK_FILE_SYSTEMS, file_system
from sparkq_core.settings import Config

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
        return Finding("database", FAILURE, patient.trouble.message, patient.trouble.hint)
    assert patient.db is not None
    ((version,),) = patient.db.rows("PRAGMA user_version")
    older = "" if version == schema.VERSION else f" (the next command upgrades it to {schema.VERSION})"
    return Finding("database", OK, f"{patient.config.database}, schema {version}{older}")


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
    """Where Claude Code, Claude Desktop and others would find SparkQ."""
    home = Path(patient.env.get("HOME") or "/nonexistent")
    known = {
        f"{one.client} ({one.path})" if one.client == "Claude Code" else one.client: patient.config.root / one.path
        for one in clients.IN_PROJECT.values()
    } | {
        "Claude Code (~/.claude.json)": home / ".claude.json",
        "Claude Desktop": home / clients.DESKTOP["darwin"],
        "Claude Desktop (Linux)": home / clients.DESKTOP["linux"],
    }
    broken = []
    found = []
    for name, file in known.items():
        if file.is_file():
            try:
                text = file.read_text(encoding="utf-8")
                json.loads(text)
            except (OSError, ValueError):
                broken.append(str(file))
            else:
                found += [name] if "sparkq" in text else []
    if broken:
        return Finding(
            "MCP clients", WARNING, f"not JSON: {', '.join(broken)}", "Mend the file: its client ignores it now."
        )
    if not found:
        return Finding("MCP clients", WARNING, "none has SparkQ configured", "sparkq connect claude-code")
    return Finding("MCP clients", OK, ", ".join(found))


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
)
