"""Notifies subscribed clients of changed resources, whichever process changed them.

Modern clients subscribe by `subscriptions/listen`, which the SDK serves from a bus; legacy ones by
`resources/subscribe`, which the SDK lacks, so it is added here. The database is read only after a write.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import anyio
from mcp import MCPError
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ToolsListChanged
from mcp_types import INVALID_REQUEST, EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from sparkq_core import events
from sparkq_core.errors import NoProject, SparkQError
from sparkq_core.maintenance.hook_starter import start_due
from sparkq_core.maintenance.watch import watching
from sparkq_core.project import SparkQ
from sparkq_core.storage.aside import aside
from sparkq_mcp.mentions import mentions
from sparkq_mcp.resources import changed_resources
from sparkq_mcp.state import ServerState

PAUSE_SECONDS = 2.0
SEND_SECONDS = 1.0
"""How long a legacy client may take to read a notification; after that its subscriptions end."""

MAX_SUBSCRIPTIONS = 1000
log = logging.getLogger("sparkq.mcp")


class Push:
    """The bus for modern clients, the subscriptions of legacy ones, and the loop that feeds both."""

    def __init__(self, state: ServerState) -> None:
        self.bus = InMemorySubscriptionBus()
        self.listeners = ListenHandler(self.bus)
        self._state = state
        self._last_event = 0
        self._legacy_uris: dict[Connection, set[str]] = {}
        self._listers: set[Connection] = set()
        self._without_tools: set[Connection] = set()
        self._listed = frozenset[tuple[str, str]]()

    async def subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        """Serve `resources/subscribe`. The subscription ends with its connection."""
        connection, uri = connection_of(ctx), str(params.uri)
        if uri in self._legacy_uris.get(connection, ()):
            return EmptyResult()
        if sum(len(uris) for uris in self._legacy_uris.values()) >= MAX_SUBSCRIPTIONS:
            raise MCPError(
                INVALID_REQUEST, f"There are {MAX_SUBSCRIPTIONS:,} subscriptions, which is the limit. End one first."
            )
        if connection not in self._legacy_uris:
            self._legacy_uris[connection] = set()
            connection.exit_stack.callback(self._legacy_uris.pop, connection, None)
        self._legacy_uris[connection].add(uri)
        return EmptyResult()

    async def unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        """Serve `resources/unsubscribe`."""
        self._legacy_uris.get(connection_of(ctx), set()).discard(str(params.uri))
        return EmptyResult()

    def follow_list(self, ctx: ServerRequestContext[Any, Any]) -> None:
        """Notify the connection of a legacy client that has listed the resources, as long as it lasts."""
        connection = connection_of(ctx)
        if connection not in self._listers and len(self._listers) < MAX_SUBSCRIPTIONS:
            self._listers.add(connection)
            connection.exit_stack.callback(self._listers.discard, connection)

    def follow_tools(self, ctx: ServerRequestContext[Any, Any]) -> None:
        """Notify the connection of a client that was listed no tools, when there is a project."""
        connection = connection_of(ctx)
        if len(self._without_tools) < MAX_SUBSCRIPTIONS:
            self._without_tools.add(connection)
            connection.exit_stack.callback(self._without_tools.discard, connection)

    async def run(self) -> None:
        """Publish changes until cancelled. If the project cannot be read, try again after a pause."""
        has_begun = False
        waiting = self._state.is_waiting
        while True:
            try:
                if not has_begun:
                    # Before the first request, so that no change after a client's subscription is missed.
                    await aside(self._begin)
                    has_begun = True
                sq = await aside(self._opened)
                if waiting:
                    waiting = False
                    await self._publish_tools()
                await self._publish_changes(sq)
            except SparkQError:
                await anyio.sleep(PAUSE_SECONDS)
            except Exception:
                # A closed connection, or a defect here, must not end the chat.
                log.exception("pushing changes failed")
                await anyio.sleep(PAUSE_SECONDS)

    async def _publish_changes(self, sq: SparkQ) -> None:
        """Publish changes as long as the state's project is `sq`."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        with watching(sq, lambda: loop.call_soon_threadsafe(changed.set)):
            while self._state.sq is sq:
                await changed.wait()
                changed.clear()
                if events.last(self._state.sq) != self._last_event:
                    with suppress(SparkQError):  # the next sweep runs them too
                        start_due(self._state.sq)
                    await self._publish(self._changed_resources())
                    await self._publish_list()

    def _changed_resources(self) -> list[str]:
        """Return the resources that changed since the last call."""
        changed_uris: dict[str, None] = {}
        # In a restored file the newest event may be older than the last one seen.
        last = min(self._last_event, events.last(self._state.sq))
        while page := events.after(self._state.sq, last):
            changed_uris |= dict.fromkeys(changed_resources(self._state, page))
            last = page[-1].id
        self._last_event = last
        return list(changed_uris)

    async def _begin(self) -> None:
        """Take note of what there is, where there is a project already."""
        with suppress(NoProject):
            self._last_event = events.last(self._state.sq)
            self._listed = self._now_listed()

    async def _opened(self) -> SparkQ:
        return self._state.sq

    def _now_listed(self) -> frozenset[tuple[str, str]]:
        """Return what a list of the resources shows of queues and tasks, in any order."""
        return frozenset((uri, name) for uri, name, _ in mentions(self._state))

    async def _publish_list(self) -> None:
        """Say that the list of resources has changed, if it has."""
        listed = self._now_listed()
        if listed == self._listed:
            return
        self._listed = listed
        await self.bus.publish(ResourcesListChanged())
        async with anyio.create_task_group() as sending:
            for connection in list(self._listers):
                sending.start_soon(self._notify_list, connection)

    async def _publish_tools(self) -> None:
        """Say that there are tools now."""
        await self.bus.publish(ToolsListChanged())
        for connection in list(self._without_tools):
            with anyio.move_on_after(SEND_SECONDS):
                await connection.send_tool_list_changed()

    async def _notify_list(self, connection: Connection) -> None:
        with anyio.move_on_after(SEND_SECONDS) as bound:
            await connection.send_resource_list_changed()
        if bound.cancelled_caught:
            log.warning("a client that does not read its notifications gets no more of them")
            self._listers.discard(connection)

    async def _publish(self, uris: list[str]) -> None:
        for uri in uris:
            await self.bus.publish(ResourceUpdated(uri=uri))
        async with anyio.create_task_group() as sending:
            for connection, wanted in list(self._legacy_uris.items()):
                sending.start_soon(self._notify, connection, wanted.intersection(uris))

    async def _notify(self, connection: Connection, uris: set[str]) -> None:
        for uri in uris:
            with anyio.move_on_after(SEND_SECONDS) as bound:
                await connection.send_resource_updated(uri)
            if bound.cancelled_caught:
                log.warning("ended the subscriptions of a client that does not read its notifications")
                self._legacy_uris.pop(connection, None)
                return


def connection_of(ctx: ServerRequestContext[Any, Any]) -> Connection:
    """Return the connection of a request. The SDK makes a new session for each request, and a session has no public
    attribute for its connection."""
    return ctx.session._connection
