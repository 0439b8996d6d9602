"""Copies a database while other processes write to it, and checks the copy."""

import os
from pathlib import Path

import apsw

from sparkq_core.errors import Corrupt, NotEmpty, StorageError
from sparkq_core.files import durable
from sparkq_core.storage.errors import MORE, translated


def copy(source: apsw.Connection, target: Path) -> int:
    """Copy the database of `source` to `target` (mode 0600) while other processes continue; return the bytes of the copy.

    The copy has the state of one moment. It gets its name only after it is complete, checked and on the disk. Raises NotEmpty
    if `target` exists, StorageError.
    """
    taken = NotEmpty(f"{target} exists already.", "Choose another name: a backup never overwrites anything.")
    try:
        if os.path.lexists(target):
            raise taken
        with durable.building(target) as built:
            fill(source, built)
            size = built.stat().st_size
            durable.publish(built, target)
    except FileExistsError as error:
        raise taken from error
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}.", "Choose another folder.") from error
    return size


def fill(source: apsw.Connection, target: Path) -> None:
    """Copy the database of `source` into the empty file `target`, and check the copy. Raises StorageError."""
    try:
        connection = apsw.Connection(str(target))
        try:
            with connection.backup("main", source, "main") as running:
                running.step(-1)  # in one step: between two steps, a write of another process would start it again
            if connection.pragma("quick_check") != "ok":
                raise Corrupt(f"The copy of {source.filename} is damaged.", MORE)
        finally:
            connection.close()
    except apsw.Error as error:
        raise translated(error, target) from error
