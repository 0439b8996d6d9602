"""The change feed as server-sent events: what any process writes reaches every open page within a moment.

One look at the event log after each write serves all connections. Each has a bounded queue; a reader that lets it run full
is dropped, and comes back with the id of the last event that it saw.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator

import anyio

from sparkq_core import events, wire
from sparkq_core.errors import SparkQError
from sparkq_core.maintenance.watch import watching
from sparkq_core.model import Event
from sparkq_core.text import cut
from sparkq_http.answer import Refused
from sparkq_http.project import ReloadableProject

PAUSE_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 1000
ROOM = 1000
MAX_LISTENERS = 100
MAX_TEXT = 2000
"""Characters of an event's text in the feed; the task's timeline has the whole."""

HEARTBEAT = ": still here\n\n"
TOO_SLOW = ": too slow, come back\n\n"
log = logging.getLogger("sparkq.http")


class Listener:
    """One connection: what it has still to be told."""

    def __init__(self, room: int) -> None:
        self.dropped = False
        self._room = room
        self._waiting: deque[Event] = deque()
        self._changed = asyncio.Event()

    def offer(self, event: Event) -> bool:
        """Keep an event for the connection. False if there was no room: then the listener is dropped."""
        self.dropped = self.dropped or len(self._waiting) >= self._room
        if self.dropped:
            self._waiting.clear()
        else:
            self._waiting.append(event)
        self.wake()
        return not self.dropped

    def wake(self) -> None:
        """Let the connection look again."""
        self._changed.set()

    async def next_events(self, seconds: float) -> list[Event]:
        """Wait at most `seconds` for events. Returns an empty list after that, or when woken for another reason."""
        if not self._waiting and not self.dropped:
            with anyio.move_on_after(seconds):
                await self._changed.wait()
        self._changed.clear()
        found = list(self._waiting)
        self._waiting.clear()
        return found


class Feed:
    """The one look at the log, and the connections that follow it."""

    def __init__(self, project: ReloadableProject, *, room: int = ROOM, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._project = project
        self._room = room
        self._heartbeat = heartbeat
        self._last = events.last(project.sq)
        self._listeners: set[Listener] = set()
        self.closed = asyncio.Event()

    async def run(self) -> None:
        """Look whenever something was written, for ever. A project that cannot be read now is looked at again later."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        with watching(self._project.sq, lambda: loop.call_soon_threadsafe(changed.set)):
            while True:
                await changed.wait()
                changed.clear()
                try:
                    await self.catch_up()
                except SparkQError as error:
                    log.warning("the event log cannot be read: %s", error.message)
                    await anyio.sleep(PAUSE_SECONDS)
                    changed.set()  # what was written then is still to be told
                except Exception:
                    # A defect in the background must not take the server down.
                    log.exception("following the event log failed")
                    await anyio.sleep(PAUSE_SECONDS)
                    changed.set()

    async def catch_up(self) -> None:
        """Look until nothing is new: what was written is told by then, and a changed configuration taken up."""
        while self.deliver():
            await anyio.sleep(0)  # meanwhile the listeners are told

    def deliver(self) -> bool:
        """Give every listener the next page of new events. False if there was nothing new."""
        if events.last(self._project.sq) == self._last:
            return False
        found = events.after(self._project.sq, self._last)
        if any(event.kind == "reloaded" for event in found):
            self._project.reload()
        for event in found:
            self._listeners = {one for one in self._listeners if one.offer(event)}
        self._last = found[-1].id if found else events.last(self._project.sq)
        return True

    def close(self) -> None:
        """End every stream: the server stops."""
        self.closed.set()
        for listener in self._listeners:
            listener.wake()

    def check_room(self) -> None:
        """Raises Refused when there are as many connections as the server holds open."""
        if len(self._listeners) >= MAX_LISTENERS:
            raise Refused(503, "busy", f"{MAX_LISTENERS} event streams are open.", "Close a page and try again.")

    async def follow(self, after: int | None) -> AsyncIterator[str]:
        """The stream of one connection: what happened after event `after` (None: from now on), then what happens."""
        newest = events.last(self._project.sq)
        last = newest if after is None else min(after, newest)
        yield f"retry: {RETRY_MS}\nid: {last}\n\n"
        while missed := events.after(self._project.sq, last):
            for event in missed:
                yield frame(event)
            last = missed[-1].id
            if self.closed.is_set():
                return
        listener = Listener(self._room)
        self._listeners.add(listener)
        try:
            while not self.closed.is_set():
                found = await listener.next_events(self._heartbeat)
                for event in found:
                    if event.id > last:
                        yield frame(event)
                if listener.dropped:
                    yield TOO_SLOW
                    return
                if not found and not self.closed.is_set():
                    yield HEARTBEAT
        finally:
            self._listeners.discard(listener)


def frame(event: Event) -> str:
    """An event of the log as the browser's EventSource reads it."""
    short = event if event.text is None else event._replace(text=cut(event.text, MAX_TEXT))
    return f"id: {event.id}\ndata: {wire.compact(wire.event(short))}\n\n"
