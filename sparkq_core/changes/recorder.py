"""Record changes beside a server's answers, one after another in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from sparkq_core.changes.recording import Execution, record
from sparkq_core.project import SparkQ

MOST_WAITING = 50
"""The records that wait for their turn. Of more none is made, because a snapshot that late shows other work too."""

ANSWER_SECONDS = 0.05
"""How long a record lets the answer of its call go out first: a thread that works delays the others of its process."""

log = logging.getLogger("sparkq.changes")


class Recorder:
    """The records of one process. The first one starts the thread, which ends with the process."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._unfinished = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(
        self, sq: SparkQ, folder: Path | None, *, ended: Sequence[Execution] = (), begun: Execution | None = None
    ) -> None:
        """Let `record` be called soon. Returns at once."""
        if not sq.config.watches_git:
            return
        with self._changed:
            if self._unfinished > MOST_WAITING:
                return
            self._unfinished += 1
        self._calls.put(partial(record, sq, folder, ended=ended, begun=begun))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
            self._thread.start()

    def finish(self, seconds: float) -> bool:
        """Wait until everything is recorded, at most `seconds`; True if it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unfinished, seconds)

    def _run(self) -> None:
        while True:
            call = self._calls.get()
            time.sleep(ANSWER_SECONDS)
            try:
                call()
            except Exception:  # of any kind: a defect here must not end the records of a server
                log.exception("recording a change failed")
            finally:
                with self._changed:
                    self._unfinished -= 1
                    self._changed.notify_all()
