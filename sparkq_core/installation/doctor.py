"""Checks that a project is in order: a list of small checks, each with its finding and the fix."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import apsw

from sparkq_core import project
from sparkq_core.clock import SystemClock
from sparkq_core.config import loading as configuration
from sparkq_core.config import ownership
from sparkq_core.config.location import NETWORK_FILE_SYSTEMS, file_system, way_to
from sparkq_core.errors import InvalidConfig, SparkQError
from sparkq_core.files.lock import is_held
from sparkq_core.installation import (
    artefacts_check,
    client_check,
    disk_check,
    git_check,
    hook_check,
    purge_check,
    store_check,
)
from sparkq_core.installation.findings import FAILURE, OK, WARNING, Finding, Patient
from sparkq_core.storage import schema
from sparkq_core.storage.database import Database
from sparkq_core.storage.errors import MORE, RESTORE

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


def examine(start: Path, env: Mapping[str, str]) -> tuple[Finding, ...]:
    """Run every check on the project around folder `start`. Changes nothing."""
    try:
        config = configuration.load(start, env)
    except SparkQError as error:
        return (Finding("configuration", FAILURE, error.message, error.hint),)
    except OSError as error:
        path = Path(os.fsdecode(error.filename)) if error.filename else start
        return (Finding("configuration", FAILURE, f"{path} cannot be read: {error.strerror}", way_to(path)),)
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
        return tuple(_checked(name, check, patient) for name, check in CHECKS.items())
    finally:
        db.close()


def _checked(name: str, check: Callable[[Patient], Finding], patient: Patient) -> Finding:
    """Run one check. What cannot be looked at is a finding too."""
    try:
        return check(patient)
    except OSError as error:
        path = Path(os.fsdecode(error.filename)) if error.filename else patient.config.root
        return Finding(name, WARNING, f"not checked: {path}: {error.strerror}", way_to(path))


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
            "Install SparkQ again, in its clone: pipx install --force . (or uv tool install --force .)",
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
            f"{RESTORE} (the damaged file is set aside)",
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
    owner = ownership.other_owner(file, patient.env)
    if owner is not None:
        return Finding(
            "permissions",
            WARNING,
            f"{file.name} belongs to the user {ownership.user_name(owner)}, whom you trust",
            f"If that is not intended, remove its folder from {ownership.trusted_file(patient.env)}.",
        )
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


CHECKS: Mapping[str, Callable[[Patient], Finding]] = {
    "configuration": _configuration,
    "sqlite": _sqlite,
    "database": _database,
    "writing": disk_check.writing,
    "integrity": _integrity,
    "write-ahead log": _wal,
    "permissions": _permissions,
    "file system": _file_system,
    "disk space": disk_check.room,
    "purge": purge_check.check,
    "locks": _locks,
    "git": git_check.git,
    "changes": store_check.check,
    "reviews": artefacts_check.check,
    "MCP clients": client_check.clients,
    "hooks": hook_check.check,
}
