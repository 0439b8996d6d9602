"""The header of a database file says whether it is SparkQ's. It is the first that a connection reads."""

import os
from pathlib import Path

import apsw

from sparkq_core.errors import Locked
from sparkq_core.storage import patience
from sparkq_core.storage.version_one import foreign

APPLICATION_ID = 0x53504B51
"""`SPKQ` in the header of every SparkQ database."""

LOCKS = Path("/proc/locks")
"""Linux lists here which process holds which lock. Every process that has a database open holds one on its file."""


def check(connection: apsw.Connection, path: Path) -> None:
    """Raise Locked if another process lets nobody read the file, and the error of `foreign` if it is not SparkQ's."""
    try:
        with patience.at_most(min(patience.OPEN_SECONDS, patience.seconds())):
            application = connection.pragma("application_id")
    except apsw.BusyError as error:
        about = os.stat(path)
        raise kept(path, owner(locks((about.st_dev, about.st_ino)))) from error
    if application != APPLICATION_ID:
        raise foreign(connection, path)


def kept(path: Path, process: int | None) -> Locked:
    """Return the error for a file that a process, whose number may be unknown, has for itself."""
    return Locked(
        f"{f'Process {process}' if process else 'Another process'} keeps {path.name} for itself: "
        f"it could not be read for {patience.OPEN_SECONDS:.0f} s.",
        f"End that process, such as an SQLite shell or a backup program, then try again. The file: {path}",
    )


def locks(identity: tuple[int, int]) -> list[str]:
    """Return the locks that processes, perhaps this one, hold on a file; none on systems that do not say."""
    device, inode = identity
    name = f" {os.major(device):02x}:{os.minor(device):02x}:{inode} "
    try:
        return [line for line in LOCKS.read_text().splitlines() if name in line]
    except OSError:
        return []


def owner(held: list[str]) -> int | None:
    """Return the process that lets no other one read, None if there is none among these locks."""
    return next((int(words[4]) for line in held if "WRITE" in (words := line.split())), None)
