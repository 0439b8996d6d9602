"""Wakes the followers of the event log when any process has written to the database.

SQLite does not report the writes of other processes, but a check costs only 3 us. One thread for each database checks
for all followers in the process, so that their event loops can sleep. On Linux the kernel reports writes to the
write-ahead log, so the thread sleeps too. A write is visible only after its writer has synced it to the disk, so the
thread checks several times after each report.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, cast

from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Database

LOOK_SECONDS = 0.04
"""Seconds between two checks if the kernel does not report writes, and the longest while a write is being synced."""

FIRST_LOOK_SECONDS = 0.002
"""Seconds before the first check after a write, which most disks have synced by then. Doubled up to LOOK_SECONDS."""

ALERT_SECONDS = 2.0
"""Seconds after a write in which its writer may still be syncing."""

IDLE_SECONDS = 2.0
"""Seconds between two checks without a report, for a file that was removed or a disk without reports."""

PAUSE_SECONDS = 2.0
"""Seconds between two checks of a file that cannot be read."""

MODIFIED = 0x2
"""IN_MODIFY of inotify(7)."""


class _Notices(Protocol):
    def read(self, timeout: int | None = None) -> object: ...
    def close(self) -> None: ...


class _Watcher:
    """The thread that checks one database, as long as it has followers."""

    def __init__(self, db: Database) -> None:
        self.followers: list[Callable[[], object]] = []
        self.db = db
        threading.Thread(target=self._run, name=f"watch {db.path}", daemon=True).start()

    def _run(self) -> None:
        notices = _notices(self.db.path.parent)
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
            self.db.close()

    def _wake(self) -> None:
        with _guard:
            followers = tuple(self.followers)
        for wake in followers:
            with suppress(RuntimeError):  # an event loop that has ended meanwhile
                wake()

    def _is_wanted(self) -> bool:
        with _guard:
            if not self.followers and _watchers.get(self.db.path) is self:
                del _watchers[self.db.path]
            return bool(self.followers)

    def _version(self) -> int | None:
        try:
            return self.db.data_version()
        except SparkQError:
            return None


def _notices(folder: Path) -> _Notices | None:
    """Return the kernel's reports of writes to the files in the folder; None if it does not report them."""
    try:
        from inotify_simple import INotify  # type: ignore[import-untyped]  # it has no types, and is only for Linux
    except ImportError:
        return None
    try:
        notices = INotify(nonblocking=True)
    except OSError:  # the system's limit of watchers is reached
        return None
    try:
        notices.add_watch(folder, MODIFIED)
    except OSError:  # the limit of watches is reached, or the folder was removed
        notices.close()
        return None
    return cast("_Notices", notices)


_watchers: dict[Path, _Watcher] = {}
_guard = threading.Lock()


@contextmanager
def watching(sq: SparkQ, wake: Callable[[], object]) -> Iterator[None]:
    """Call `wake` at once, and in the block within 40 ms (on Linux 5) of each write of any process, this one included.

    It is called from another thread and must return at once: `loop.call_soon_threadsafe(changed.set)`. While the file
    cannot be read, it is called every 2 s: the follower that reads then gets the error.
    """
    with _guard:
        watcher = _watchers.get(sq.db.path)
        if watcher is None or watcher.db.is_replaced():
            _watchers[sq.db.path] = watcher = _Watcher(sq.db)
        watcher.followers.append(wake)
    wake()
    try:
        yield
    finally:
        with _guard:
            watcher.followers.remove(wake)
