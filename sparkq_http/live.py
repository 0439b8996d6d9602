"""The change feed as server-sent events: every write of any process reaches every open page within a moment.

After each write the event log is read once for all connections. Each connection has a bounded queue. A client that
reads too slowly is dropped when its queue is full, and reconnects with the id of the last event that it received.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence

import anyio
from fastapi.sse import format_sse_event

from sparkq_core import __version__, events, project, queues, wire
from sparkq_core.errors import Replaced, SparkQError
from sparkq_core.maintenance.watch import watching
from sparkq_core.model import Event
from sparkq_core.project import SparkQ
from sparkq_core.text import cut
from sparkq_http.answer import Refused
from sparkq_http.project import ReloadableProject

PAUSE_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 1000
ROOM = 1000
MAX_LISTENERS = 100
BURST_SECONDS = 0.1
"""The time between two messages of a stream of changes: what happens within it is one message."""

MAX_TEXT = 2000
"""Characters of an event's text in the feed. The task's timeline has the whole text."""

GREETING = "server"
"""The first event of a stream: which project and version of SparkQ it comes from. Its listeners are not those of events."""

CHANGES = "changes"
"""The messages of a stream that tells what several events touched."""

HEARTBEAT = format_sse_event(comment="still here")
TOO_SLOW = format_sse_event(comment="too slow, come back")
log = logging.getLogger("sparkq.http")


class Listener:
    """The events that one connection has not sent yet."""

    def __init__(self, room: int) -> None:
        self.dropped = False
        self._room = room
        self._waiting: deque[Event] = deque()
        self._changed = asyncio.Event()

    def offer(self, event: Event) -> bool:
        """Keep an event for the connection. False if its queue was full: then the listener is dropped."""
        self.dropped = self.dropped or len(self._waiting) >= self._room
        if self.dropped:
            self._waiting.clear()
        else:
            self._waiting.append(event)
        self.wake()
        return not self.dropped

    def drop(self) -> None:
        """End the connection, so that its client comes back."""
        self.dropped = True
        self.wake()

    def wake(self) -> None:
        """End the connection's wait for events."""
        self._changed.set()

    async def next_events(self, seconds: float) -> list[Event]:
        """Wait at most `seconds` for events. Returns an empty list after that, or when woken for another reason."""
        if not self._waiting and not self.dropped:
            with anyio.move_on_after(seconds):
                await self._changed.wait()
        self._changed.clear()
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting


class Feed:
    """Reads the event log for all connections that follow it."""

    def __init__(self, project: ReloadableProject, *, room: int = ROOM, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._project = project
        self._room = room
        self._heartbeat = heartbeat
        self._opened = project.sq
        self._last = events.last(self._opened)
        self._listeners: set[Listener] = set()
        self.closed = asyncio.Event()

    async def run(self) -> None:
        """Deliver events after each write, for ever. After an error, try again later."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        while True:
            with watching(self._opened, lambda: loop.call_soon_threadsafe(changed.set)):
                await self._deliver_until_replaced(changed)

    async def _deliver_until_replaced(self, changed: asyncio.Event) -> None:
        watched = self._opened
        while self._opened is watched:
            await changed.wait()
            changed.clear()
            try:
                await self.catch_up()
            except SparkQError as error:
                log.warning("the event log cannot be read: %s", error.message)
                await anyio.sleep(PAUSE_SECONDS)
                changed.set()  # the events of that write are not delivered yet
            except Exception:
                # A defect in the background must not take the server down.
                log.exception("following the event log failed")
                await anyio.sleep(PAUSE_SECONDS)
                changed.set()

    async def catch_up(self) -> None:
        """Deliver every new event and load a changed configuration."""
        while self.deliver():
            await anyio.sleep(0)  # lets the connections send before their queues are full

    def deliver(self) -> bool:
        """Give every listener the next page of new events. False if there was nothing new."""
        sq = self._project.sq
        if sq.db is not self._opened.db:
            self._start_again(sq)
            return False
        if events.last(sq) == self._last:
            return False
        new = events.after(sq, self._last)
        if any(event.kind == "reloaded" for event in new):
            self._project.reload()
        for event in new:
            self._listeners = {listener for listener in self._listeners if listener.offer(event)}
        self._last = new[-1].id if new else events.last(sq)
        return True

    def _start_again(self, sq: SparkQ) -> None:
        """Follow another database. The ids of its events have begun again, so every listener has to come back."""
        self._opened, self._last = sq, events.last(sq)
        for listener in self._listeners:
            listener.drop()

    def close(self) -> None:
        """End every stream, because the server stops."""
        self.closed.set()
        for listener in self._listeners:
            listener.wake()

    def check_room(self) -> None:
        """Raises Refused if MAX_LISTENERS connections are open."""
        if len(self._listeners) >= MAX_LISTENERS:
            raise Refused(503, "busy", f"{MAX_LISTENERS} event streams are open.", "Close a page and try again.")

    def _missed(self, sq: SparkQ, last: int) -> tuple[Event, ...]:
        """Return the next page of events. Empty if the database has been taken away since the connection began."""
        try:
            return events.after(sq, last)
        except Replaced:
            return ()  # soon the feed notices it too, and drops the listeners

    async def follow(self, after: int | None, *, changes: bool = False) -> AsyncIterator[bytes]:
        """Stream the events after event `after` (None: only new ones) to one connection, without end.

        With `changes` a message is not an event, but what all events of a moment touched.
        """
        sq = self._project.sq
        newest = events.last(sq)
        last = newest if after is None else min(after, newest)
        yield format_sse_event(id=str(last), retry=RETRY_MS, event=GREETING, data_str=_served(sq))
        while missed := self._missed(sq, last):
            for message in self._messages(missed, changes):
                yield message
            last = missed[-1].id
            if self.closed.is_set():
                return
        listener = Listener(self._room)
        self._listeners.add(listener)
        if sq.db is not self._opened.db:  # the database was replaced while the connection began
            listener.drop()
        try:
            while not self.closed.is_set():
                new = await listener.next_events(self._heartbeat)
                for message in self._messages([event for event in new if event.id > last], changes):
                    yield message
                if changes and new:
                    await anyio.sleep(BURST_SECONDS)
                if listener.dropped:
                    yield TOO_SLOW
                    return
                if not new and not self.closed.is_set():
                    yield HEARTBEAT
        finally:
            self._listeners.discard(listener)

    def _messages(self, new: Sequence[Event], changes: bool) -> Iterator[bytes]:
        """Yield the messages for some events: one for each, or one for all."""
        if not changes:
            yield from map(frame, new)
        elif new:
            known = queues.all_of(self._project.sq, archived=True)
            data = wire.compact(wire.live_changes(new, known))
            yield format_sse_event(id=str(new[-1].id), event=CHANGES, data_str=data)


def _served(sq: SparkQ) -> str:
    return wire.compact({"project": sq.config.name, "project_id": project.id_of(sq), "version": __version__})


def frame(event: Event) -> bytes:
    """Format an event of the log as a server-sent event."""
    short = event if event.text is None else event._replace(text=cut(event.text, MAX_TEXT))
    return format_sse_event(id=str(event.id), data_str=wire.compact(wire.event(short)))
