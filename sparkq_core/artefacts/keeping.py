"""Write the files of tasks that you have accepted, and remove them when you take that back.

The verdict leaves a row in its own transaction. Any process writes the files after that commit, and the row goes when they
are on the disk. If they cannot be written, the row stays, and each round of a long-lived process tries again.
"""

import os
from pathlib import Path
from typing import NamedTuple

from sparkq_core import project, queues, tasks
from sparkq_core.artefacts import document, files, place
from sparkq_core.artefacts.files import PATCH, TEXT, Owner
from sparkq_core.changes import view
from sparkq_core.changes.view import NoChange
from sparkq_core.errors import NoSuchTask, SparkQError, StorageError
from sparkq_core.files import lock
from sparkq_core.lifecycle import Status
from sparkq_core.model import Detail
from sparkq_core.project import SparkQ

LOCK = "artefacts.lock"
MAX_PATCH = 50_000_000
"""Bytes of a patch that is written."""

DUE = "SELECT task_id, event FROM artefacts_due ORDER BY event, task_id"
COUNT = "SELECT count(*) FROM artefacts_due"
DONE = "DELETE FROM artefacts_due WHERE task_id = :task AND event = :event"


class Left(NamedTuple):
    """What a call wrote and removed, and why it could not do more."""

    written: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    problem: SparkQError | None = None


def due(sq: SparkQ) -> int:
    """Return how many tasks have files that are still to be written or removed."""
    row = sq.db.row(COUNT)
    return int(row[0]) if row else 0


def write_due(sq: SparkQ) -> Left:
    """Write and remove the files that are due, unless another process is at it. Raises nothing: the verdict is stored."""
    if sq.config.reviews is None:
        return Left()
    written: list[Path] = []
    removed: list[Path] = []
    problem: SparkQError | None = None
    try:
        # Another process may have left the work to this one just before it released the lock.
        while (waiting := sq.db.rows(DUE)) and _in_turn(sq, waiting, written, removed):
            pass
    except SparkQError as error:
        problem = error
    except OSError as error:
        path = error.filename or sq.config.reviews
        problem = StorageError(f"{path} cannot be written: {error.strerror}.", place.SETTING)
    return Left(tuple(written), tuple(removed), problem)


def _in_turn(sq: SparkQ, waiting: list[tuple[int, int]], written: list[Path], removed: list[Path]) -> bool:
    """Bring the files of these tasks up to date. Returns False if another process is at it."""
    handle = lock.acquire(sq.config.run_dir / LOCK, wait=False)
    if handle is None:
        return False
    try:
        folder = place.folder(sq.config)
        for task_id, event in waiting:
            _bring_up_to_date(sq, folder, task_id, event, written, removed)
    finally:
        os.close(handle)
    return True


def _bring_up_to_date(
    sq: SparkQ, folder: Path, task_id: int, event: int, written: list[Path], removed: list[Path]
) -> None:
    """Make the files of a task what its last verdict says. Raises OSError, StorageError."""
    owner = Owner(task_id, project.id_of(sq))
    try:
        detail = tasks.detail(sq, task_id)
    except NoSuchTask:  # deleted meanwhile, and its row with it
        return
    if detail.task.reviewed_at is not None and detail.task.status in (Status.SUCCEEDED, Status.FAILED):
        written += _write(sq, folder, owner, detail)
    else:
        removed += files.remove(folder, owner)
    with sq.db.write() as tx:
        tx.run(DONE, {"task": task_id, "event": event})


def _write(sq: SparkQ, folder: Path, owner: Owner, detail: Detail) -> list[Path]:
    patch, sentence = _patch(sq, detail)
    _, instructions = queues.instructions_by_id(sq, detail.task.queue_id)
    size = document.size(detail)
    text = document.text(detail, instructions, f"{size}; {sentence}" if size else sentence)
    contents = {TEXT: text.encode()} | ({PATCH: patch} if patch else {})
    return files.put(folder, files.stem(owner.task, detail.task.title), owner, contents)


def _patch(sq: SparkQ, detail: Detail) -> tuple[bytes, str]:
    """Return the patch, and what the text says about it."""
    if detail.last is None:
        return b"", "none"
    try:
        change = view.of(sq, detail.task.id, detail.last.attempt)
        patch = view.patch(sq, change)
    except NoChange:
        return b"", "there is no patch of it"
    if len(patch) > MAX_PATCH:
        return b"", f"the patch has {len(patch) // 1_000_000} MB, too many to keep: sparkq diff {detail.task.id}"
    notes = " ".join(view.notes(change))
    return (
        patch,
        f"the patch is beside this file. {notes}".rstrip() if patch else "it changed nothing in the repository",
    )
