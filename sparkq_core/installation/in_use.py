"""The processes that have the database open, and what teardown leaves for them to read."""

import os
from contextlib import closing, suppress
from pathlib import Path

import apsw

from sparkq_core.clock import SystemClock
from sparkq_core.config.settings import Config

NOTED = "UPDATE project SET removed_at = :now"
BUSY_MS = 1000
"""How long teardown waits for a writer before it removes the database without the note."""

PROCESSES = Path("/proc")
"""Linux lists here which process has which file open."""


def held_by_another(config: Config, server: int) -> bool:
    """True if a process other than this one and the `server` is seen to have the database open.

    Always False on systems other than Linux, which do not report it.
    """
    wanted, known = str(config.database.resolve()), {server, os.getpid()}
    others = (
        [process for process in PROCESSES.glob("[0-9]*") if int(process.name) not in known]
        if PROCESSES.is_dir()
        else []
    )
    return any(_opens(process, wanted) for process in others)


def _opens(process: Path, wanted: str) -> bool:
    """True if a process of this user has a file open. False for one that has just ended."""
    with suppress(OSError):
        for handle in (process / "fd").iterdir():
            with suppress(OSError):
                if str(handle.readlink()) == wanted:
                    return True
    return False


def in_use(config: Config) -> bool:
    """True if another process has the database open. Changes nothing."""
    if not config.database.is_file():
        return False
    try:
        connection = apsw.Connection(str(config.database), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error:
        return False
    try:
        # A process with an open database in WAL mode holds a shared lock on its file; this asks for an exclusive one.
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


def note_teardown(config: Config) -> None:
    """Note in the database that teardown removes it: a process that has it open then writes no rescue copy."""
    if not config.database.is_file():
        return
    with suppress(apsw.Error), closing(apsw.Connection(str(config.database), apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.set_busy_timeout(BUSY_MS)
        connection.execute(NOTED, {"now": SystemClock().now()})
