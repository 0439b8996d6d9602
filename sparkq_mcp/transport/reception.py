"""Receives a client, until it asks something that needs the SDK.

A plain loop over the pipes, without asyncio: an idle server is to be small, and most chats never call a tool.
"""

import os
import select
import time
from typing import NamedTuple, Protocol

from sparkq_mcp.transport.opening import Opening, Replayed
from sparkq_mcp.transport.pipes import Pipes

LONGEST_LINE = 64 * 1024
"""Bytes of the longest line that is waited for here. A longer one calls a tool."""

QUIET_SECONDS, LONGEST_SECONDS = 1.0, 10.0
"""The upkeep begins when the client has said nothing for so long, or so long after the start: what clients ask first is
answered before."""

GRACE_SECONDS = 5
"""How long a client that has closed its end may take to read the last answers."""


class Handover(NamedTuple):
    """What the SDK needs to go on: the lines to replay, the bytes that were read but not answered, and the bytes that the
    client has not taken yet."""

    replay: tuple[Replayed, ...]
    unread: bytes
    unsent: bytes


class Upkeep(Protocol):
    """What a server does by itself while no call comes. `news` becomes readable when the lists may have changed, and at a
    signal."""

    news: int

    def start(self) -> None: ...


class Reception:
    """Answers a client from its pipes."""

    def __init__(self, pipes: Pipes, opening: Opening, upkeep: Upkeep) -> None:
        self._pipes = pipes
        self._opening = opening
        self._upkeep = upkeep
        self._unread = b""
        self._unsent = b""
        self._has_ended = False
        self._has_news = False
        self._upkeep_by = time.monotonic() + LONGEST_SECONDS
        self._upkeep_at = time.monotonic() + QUIET_SECONDS
        self._is_kept = False
        self.is_stopped = False
        """True if a signal has asked to end."""

    def receive(self) -> Handover | None:
        """Answer until a line needs the SDK, and return the handover. None if the client has gone, or a signal came."""
        os.set_blocking(self._pipes.writes, False)
        while not self.is_stopped:
            line = self._next_line()
            if line is not None:
                answer = self._opening.answer(line)
                if answer is None:
                    return Handover(self._opening.replay, line + b"\n" + self._unread, self._unsent)
                self._send(answer)
            elif len(self._unread) > LONGEST_LINE:
                return Handover(self._opening.replay, self._unread, self._unsent)
            elif self._has_ended:
                for last_word in self._opening.ends():
                    self._send(last_word)
                return None
            else:
                self._read()
        return None

    def _next_line(self) -> bytes | None:
        while self._unread:
            line, newline, rest = self._unread.partition(b"\n")
            if not newline and not self._has_ended:
                return None
            self._unread = rest
            if line := line.strip():
                return line
        return None

    def _read(self) -> None:
        """Wait for the client and for news, and read what there is."""
        if self._pipes.reads in self._wait(self._pipes.reads, select.POLLIN):
            try:
                part = os.read(self._pipes.reads, 1 << 16)
            except OSError:  # a socket that its client has broken off
                part = b""
            self._unread += part
            self._upkeep_at = min(self._upkeep_by, time.monotonic() + QUIET_SECONDS)
            self._has_ended = not part
        elif self._has_news and not self.is_stopped:
            self._has_news = False
            for notification in self._opening.changes():
                self._send(notification)

    def _send(self, text: str) -> None:
        """Write text; wait while the client does not read, and drop it if the client has gone."""
        self._unsent += text.encode()
        while self._unsent and not self.is_stopped:
            try:
                self._unsent = self._unsent[os.write(self._pipes.writes, self._unsent) :]
            except BlockingIOError:
                if self._pipes.reads in self._wait(self._pipes.writes, select.POLLOUT) and not self._is_read_at_last():
                    self._unsent = b""
            except OSError:
                self._unsent = b""

    def _wait(self, pipe: int, event: int) -> set[int]:
        """Wait until `pipe` is ready, or there is news. Returns the ready descriptors, none when the upkeep was started."""
        poll = select.poll()
        poll.register(pipe, event)
        poll.register(self._upkeep.news, select.POLLIN)
        if pipe == self._pipes.writes:
            poll.register(self._pipes.reads, 0)  # reports only that the client has closed it
        ready = {handle for handle, _ in poll.poll(self._milliseconds())}
        if not ready and not self._is_kept:
            self._is_kept = True
            self._upkeep.start()
        if self._upkeep.news in ready:
            os.read(self._upkeep.news, 1 << 12)
            self._has_news = True
        return ready

    def _is_read_at_last(self) -> bool:
        """Wait a little for a client that has closed its end. True if it still reads."""
        poll = select.poll()
        poll.register(self._pipes.writes, select.POLLOUT)
        return bool(poll.poll(GRACE_SECONDS * 1000))

    def _milliseconds(self) -> int | None:
        return None if self._is_kept else max(0, round((self._upkeep_at - time.monotonic()) * 1000))
