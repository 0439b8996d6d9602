"""Wakes whoever follows the event log when any process has written.

SQLite tells nobody that another process wrote, but asking costs 3 us. One thread for each database asks for all
followers in the process, so that their event loops sleep meanwhile. On Linux the kernel says when the write-ahead log
is written to, and the thread sleeps too; what was written is seen only once its writer has synced it to the disk, so
the thread asks again and again for a while.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, cast

from sparkq_core.db import Database
from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ

LOOK_SECONDS = 0.04
"""Between two looks, where nobody says that something was written, and while something is being written."""

FIRST_LOOK_SECONDS = 0.002
"""After something was written: most disks have synced it by then. Then twice as long each time, up to LOOK_SECONDS."""

ALERT_SECONDS = 2.0
"""So long after something was written its writer may still be syncing."""

IDLE_SECONDS = 2.0
"""Between two looks when nothing was written: a file that was removed, a disk whose kernel says nothing."""

PAUSE_SECONDS = 2.0
"""Between two looks at a file that cannot be read."""

MODIFIED = 0x2
"""IN_MODIFY of inotify(7)."""


class _Notices(Protocol):
    def read(self, timeout: int | None = None) -> object: ...
    def close(self) -> None: ...


class _Follower:
    """An event of a loop, to be set from another thread."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(self.changed.set)


class _Watcher:
    """The thread that asks one database, while it has followers."""

    def __init__(self, db: Database) -> None:
        self.followers: set[_Follower] = set()
        self._db = db
        threading.Thread(target=self._run, name=f"watch {db.path}", daemon=True).start()

    def _run(self) -> None:
        notices = _notices(self._db.path.parent)
        seen: int | None = None
        pause, alert_until = LOOK_SECONDS, 0.0
        while self._is_wanted():
            version = self._version()
            if version is None or version != seen:
                self._wake()
            seen = version
            if version is None:
                time.sleep(PAUSE_SECONDS)
            elif notices is None:
                time.sleep(LOOK_SECONDS)
            elif notices.read(timeout=round(pause * 1000)):
                pause, alert_until = FIRST_LOOK_SECONDS, time.monotonic() + ALERT_SECONDS
                time.sleep(pause)  # also so that writers without a pause do not keep this thread busy
            else:
                pause = min(2 * pause, LOOK_SECONDS) if time.monotonic() < alert_until else IDLE_SECONDS
        if notices is not None:
            notices.close()
        with suppress(SparkQError):
            self._db.close()

    def _wake(self) -> None:
        with _guard:
            followers = tuple(self.followers)
        for one in followers:
            one.wake()

    def _is_wanted(self) -> bool:
        with _guard:
            if not self.followers:
                _watchers.pop(self._db.path, None)
            return bool(self.followers)

    def _version(self) -> int | None:
        try:
            return self._db.data_version()
        except SparkQError:
            return None


def _notices(folder: Path) -> _Notices | None:
    """What the kernel says of the files in the folder; None where it says nothing."""
    try:
        from inotify_simple import INotify  # type: ignore[import-untyped]  # it has no types, and is Linux's only
    except ImportError:
        return None
    try:
        notices = INotify(nonblocking=True)
        notices.add_watch(folder, MODIFIED)
    except OSError:  # as many as the system admits are in use
        return None
    return cast("_Notices", notices)


_watchers: dict[Path, _Watcher] = {}
_guard = threading.Lock()


@contextmanager
def watching(sq: SparkQ) -> Iterator[asyncio.Event]:
    """An event of the running loop, set at once and then within 40 ms of any process's write, this one's too.

    On Linux within 5 ms. It stays set until it is cleared. While the file cannot be read it is set every 2 s: who reads it then finds out why.
    """
    follower = _Follower()
    with _guard:
        watcher = _watchers.get(sq.db.path)
        if watcher is None:
            _watchers[sq.db.path] = watcher = _Watcher(sq.db)
        watcher.followers.add(follower)
    follower.changed.set()
    try:
        yield follower.changed
    finally:
        with _guard:
            watcher.followers.discard(follower)
