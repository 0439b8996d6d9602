"""The space of a database file: give free pages back to the disk, and empty its write-ahead log.

A file that this version created gives pages back in small steps. An older one must be written once as a whole first.
"""

from typing import NamedTuple

from sparkq_core.storage import patience
from sparkq_core.storage.database import Database
from sparkq_core.storage.errors import STORAGE, translated

INCREMENTAL = 2
"""The value of `auto_vacuum` with which a file gives pages back in steps."""

STEP = "PRAGMA incremental_vacuum(64)"
"""Give 64 pages back: 256 KB, for which other writers wait at most a few milliseconds."""

FREE = "PRAGMA freelist_count"
SPACE = """
SELECT page_size, page_count, freelist_count, auto_vacuum
FROM pragma_page_size, pragma_page_count, pragma_freelist_count, pragma_auto_vacuum
"""
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
LOG_SECONDS = 0.03
"""How long the log waits for readers to finish. Other writers wait with it."""

MEMORY_BYTES = 64 * 1024 * 1024
"""The size up to which a file is written again by way of the memory, beyond that by way of a temporary file."""


class Space(NamedTuple):
    """The bytes of a file that are used and free, and whether it gives free ones back in steps."""

    used: int
    free: int
    in_steps: bool


def measure(db: Database) -> Space:
    """Return the space of the file, with what is still in its log."""
    size, pages, free, mode = db.rows(SPACE)[0]
    return Space((pages - free) * size, free * size, mode == INCREMENTAL)


def give_back_some(db: Database) -> bool:
    """Give a few free pages back to the disk. Returns False if there are none."""
    if db.rows(FREE)[0][0] == 0:
        return False
    with db.write() as tx:
        tx.rows(STEP)
    return True


def write_again(db: Database) -> None:
    """Write the whole file again without its free pages, after which it gives pages back in steps.

    Other writers wait meanwhile, about a second for 100 MB. Raises Busy, StorageError.
    """
    connection = db.connection()
    large = measure(db).used > MEMORY_BYTES
    try:
        connection.pragma("temp_store", 1 if large else 2)
        connection.pragma("auto_vacuum", INCREMENTAL)
        connection.execute("VACUUM")
    except STORAGE as error:
        raise translated(error, db.path) from error
    finally:
        connection.pragma("temp_store", 2)


def empty_log(db: Database) -> bool:
    """Write what is in the log to the file, and empty it. Returns False if another process still reads or writes it."""
    with patience.at_most(LOG_SECONDS):
        busy, _, _ = db.rows(EMPTY_LOG)[0]
    return not busy
