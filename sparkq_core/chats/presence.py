"""Whether the chats that hold tasks are still there.

A server over stdio serves its client's chats and ends with it. It says so when it can: at the end of its input, which
also comes when its client is killed. If it is killed itself, it cannot. So it holds a lock that the system then
releases, and the next process that looks records that the chats are gone.

The claims of a chat that is gone stay: it may be resumed and settle them, and else they become stale.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from sparkq_core.config.settings import Config
from sparkq_core.errors import Busy, StorageError
from sparkq_core.events import note
from sparkq_core.files import lock
from sparkq_core.project import SparkQ
from sparkq_core.storage import patience
from sparkq_core.storage.database import Transaction

CLOSED, OPENED = "chat closed", "chat opened again"
"""The kinds of events on each task that the chat holds."""

KILLED = "its server was killed"
"""Why a chat is gone whose server has said nothing."""

PREFIX, SUFFIX = "chat-", ".lock"
TRIES = 3

# A process whose chat was resumed in another one does not end it there.
GONE = """
UPDATE chats SET gone_at = :now, gone_why = :why
WHERE id = :id AND gone_at IS NULL AND (:server IS NULL OR server IS NULL OR server = :server) RETURNING id
"""
SERVED = "SELECT id FROM chats WHERE server = :server AND gone_at IS NULL"
HELD = """
SELECT a.task_id, t.queue_id, a.attempt, a.worker FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id
WHERE a.chat_id = :chat AND a.outcome IS NULL ORDER BY a.task_id
"""


_numbers = count()
"""A process may serve several chats, each over streams of its own."""

_folders: dict[tuple[Path, str, str], Path] = {}


class Sign:
    """The lock by which others see that this process lives. It is gone with the process, however that ends."""

    def __init__(self, path: Path, handle: int) -> None:
        self.name = path.name
        self._path = path
        self._handle = handle

    @classmethod
    def give(cls, sq: SparkQ) -> "Sign | None":
        """Give the sign of this process. None if the folder of the locks cannot be used: then nobody misses it."""
        process = f"{PREFIX}{os.getpid()}-{sq.clock.now()}"
        with suppress(StorageError):
            for _ in range(TRIES):
                path = sq.config.run_dir / f"{process}-{next(_numbers)}{SUFFIX}"
                handle = lock.acquire(path, wait=False)  # a process of a container may have the same number
                if handle is not None and _is_at(handle, path):
                    return cls(path, handle)
                if handle is not None:  # someone who looked removed it before it was locked
                    os.close(handle)
        return None

    def take_back(self) -> None:
        """Remove the sign, after the end of the chats was recorded."""
        self._path.unlink(missing_ok=True)
        os.close(self._handle)


def notice(sq: SparkQ) -> None:
    """Record the chats that are gone without a word. It takes about 30 us, and 40 for each server that lives.

    While another process writes, it waits only shortly: the next one that looks records them.
    """
    with suppress(Busy, OSError), patience.for_reader():
        for path in _signs(_folder(sq.config)):
            with lock.released(path) as is_free:
                if is_free:
                    _close_all(sq, path.name)
                    path.unlink(missing_ok=True)


def close(sq: SparkQ, chat_id: int, why: str, server: str | None = None) -> None:
    """Record that a chat's connection has ended, unless another process than `server` has served it since."""
    with sq.db.write() as tx:
        close_within(tx, chat_id, why, sq.clock.now(), server)


def close_within(tx: Transaction, chat_id: int, why: str, now: int, server: str | None = None) -> None:
    """Record in the transaction of another call that a chat's connection has ended, on each task that it holds too."""
    if tx.row(GONE, {"id": chat_id, "now": now, "why": why, "server": server}) is not None:
        note_on_tasks(tx, chat_id, CLOSED, now, why)


def note_on_tasks(tx: Transaction, chat_id: int, kind: str, now: int, why: str | None = None) -> None:
    """Log an event on each task that the chat holds."""
    for task, queue, attempt, worker in tx.rows(HELD, {"chat": chat_id}):
        note(tx, now, kind, task=task, queue=queue, attempt=attempt, worker=worker, text=why)


def _close_all(sq: SparkQ, server: str) -> None:
    with sq.db.write() as tx:
        now = sq.clock.now()
        for (chat_id,) in tx.rows(SERVED, {"server": server}):
            close_within(tx, int(chat_id), KILLED, now, server)


def _folder(config: Config) -> Path:
    """Return the folder of the locks. To find it takes 200 us, too long for each read."""
    key = (config.root, config.settings.queue_runner.lock_dir, config.settings.database.path)
    if key not in _folders:
        _folders[key] = config.run_dir
    return _folders[key]


def _signs(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:  # there are no locks yet
        return
    for name in names:
        if name.startswith(PREFIX) and name.endswith(SUFFIX):
            yield folder / name


def _is_at(handle: int, path: Path) -> bool:
    """True if the locked file is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False
