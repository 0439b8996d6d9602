"""What a server over stdio does by itself until the first call: the rounds of maintenance, and watching the project.

From then on the server of the SDK does both. This thread needs only the core, so that an idle server is small.
"""

import logging
import os
import threading
import time
from contextlib import suppress

from sparkq_core import events
from sparkq_core.errors import SparkQError
from sparkq_core.maintenance.hook_starter import start_due
from sparkq_core.maintenance.rounds import Rounds
from sparkq_core.maintenance.watch import watching
from sparkq_core.project import SparkQ
from sparkq_mcp.answers.next_step import Steps
from sparkq_mcp.chat import NOTHING_TOLD
from sparkq_mcp.state import Opener, ServerState

PAUSE_SECONDS = 2.0
"""How long it waits before it looks again for a project, or at one that cannot be read."""

log = logging.getLogger("sparkq.mcp")


class Upkeep:
    """A thread that looks after the project, and calls `tell` when the lists of a client may have changed."""

    def __init__(self, opener: Opener, news: int) -> None:
        self._state = ServerState(opener, Steps(frozenset()), NOTHING_TOLD)
        self._news = news
        self._changed = threading.Event()
        self._has_ended = False
        threading.Thread(target=self._run, name="upkeep", daemon=True).start()

    def stop(self) -> None:
        """End the thread when it has done what it is doing."""
        self._has_ended = True
        self._changed.set()

    def _run(self) -> None:
        self._rounds = Rounds(lambda: self._state.sq, log)
        self._round_at = time.monotonic() + self._rounds.pause
        while not self._has_ended:
            try:
                self._follow(self._state.sq)
            except SparkQError:
                self._wait(PAUSE_SECONDS)
            except Exception:  # of any kind: a defect here must not end the chat
                log.exception("the upkeep failed")
                self._wait(PAUSE_SECONDS)
        with suppress(SparkQError):
            self._state.sq.close()

    def _follow(self, sq: SparkQ) -> None:
        """Look after the project as long as it is `sq`."""
        last = -1
        with watching(sq, self._changed.set):
            while not self._has_ended and self._state.sq is sq:
                if (newest := events.last(sq)) != last:
                    last = newest
                    with suppress(SparkQError):  # the next round runs them too
                        start_due(sq)
                    tell(self._news)
                self._wait(self._round_at - time.monotonic())

    def _wait(self, seconds: float) -> None:
        """Wait for a write of any process, and do the round that is due."""
        self._changed.wait(max(0.0, seconds))
        self._changed.clear()
        if not self._has_ended and time.monotonic() >= self._round_at:
            self._rounds.next()
            self._round_at = time.monotonic() + self._rounds.pause


def tell(news: int) -> None:
    """Make the pipe readable, if it is not full of that already."""
    with suppress(BlockingIOError):
        os.write(news, b"\0")
