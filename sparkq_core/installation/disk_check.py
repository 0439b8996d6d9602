"""The doctor's checks that the database can be written, that the disk has room, and that its own space is not wasted."""

import os
import shlex
from pathlib import Path

from sparkq_core.config.location import barrier, way_to
from sparkq_core.errors import SparkQError
from sparkq_core.installation.findings import FAILURE, OK, WARNING, Finding, Patient
from sparkq_core.storage import space

MB = 1_000_000
FULL = 1 * MB
"""Free bytes below which the disk counts as full: SQLite then refuses writes now or soon."""

LOW = 100 * MB

WASTE = 32 * MB
"""Free bytes in the file of an earlier version from which it is worth writing it again."""


def writing(patient: Patient) -> Finding:
    """Check that the database, its log and its folder can be written."""
    file = patient.config.database
    closed = barrier(file)
    if closed is not None:
        return Finding("writing", FAILURE, f"you may not enter {closed}, which has the database", way_to(file))
    if not file.parent.is_dir():
        return Finding("writing", WARNING, "not checked: there is no database")
    if os.statvfs(file.parent).f_flag & os.ST_RDONLY:
        return Finding(
            "writing",
            FAILURE,
            f"the file system of {file.parent} is mounted read-only",
            "Mount it for writing, or set database.path to another disk.",
        )
    if not os.access(file.parent, os.W_OK | os.X_OK):
        return Finding(
            "writing",
            FAILURE,
            f"{file.parent} cannot be written: SQLite keeps its log beside the database",
            _opened(file.parent),
        )
    for each in (file.with_name(f"{file.name}{side}") for side in ("", "-wal", "-shm")):
        if each.exists() and not os.access(each, os.R_OK | os.W_OK):
            return Finding("writing", FAILURE, f"{each} cannot be read and written", way_to(each))
    for folder in (patient.config.run_dir, patient.config.log.parent):
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return Finding("writing", WARNING, f"{folder} cannot be written", _opened(folder))
    return Finding("writing", OK, f"{file.parent} can be written")


def _opened(folder: Path) -> str:
    return f"chmod u+rwx {shlex.quote(str(folder))}"


def room(patient: Patient) -> Finding:
    """Check that the disk is not full, and that the file does not keep much space that it does not use."""
    folder = _existing(patient.config.database.parent)
    disk = os.statvfs(folder)
    free, where = disk.f_bavail * disk.f_frsize, f"the disk with {folder}"
    no_files = disk.f_files > 0 and disk.f_favail == 0
    if free < FULL or no_files:
        left = "has no room for another file" if no_files else f"is full: {free // 1000:,} KB are free"
        return Finding(
            "disk space", FAILURE, f"{where} {left}", "Free some space, or set database.path to another disk."
        )
    if free < LOW:
        return Finding("disk space", WARNING, f"{where} has only {free // MB} MB left", "Free some space.")
    return _waste(patient) or Finding("disk space", OK, f"{free / 1000 / MB:,.1f} GB free")


def _waste(patient: Patient) -> Finding | None:
    try:
        own = space.measure(patient.db) if patient.db is not None else None
    except SparkQError:
        return None
    if own is None or own.in_steps or own.free < max(WASTE, own.used // 3):
        return None
    return Finding(
        "disk space",
        WARNING,
        f"{own.free // MB} of the {(own.used + own.free) // MB} MB of {patient.config.database.name} are free, and a file of"
        " an earlier version does not give them back by itself",
        "Write it again without them, which deletes no task, while nothing else uses it: sparkq purge --vacuum",
    )


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists and can be looked at."""
    return next(each for each in (folder, *folder.parents) if os.path.isdir(each))  # noqa: PTH112  # Path.is_dir may raise
