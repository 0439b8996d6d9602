"""The MCP server of one project: its tools, resources, prompts and instructions."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp import MCPError
from mcp.server import MCPServer, NotificationOptions
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.stdio import stdio_server
from mcp_types import (
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    Icon,
    InputRequiredResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    Resource,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    Tool,
    UnsubscribeRequestParams,
)

from sparkq_core import __version__
from sparkq_core.project import SparkQ
from sparkq_core.storage.aside import aside
from sparkq_mcp.answers import reply
from sparkq_mcp.answers.next_step import Steps
from sparkq_mcp.board import board
from sparkq_mcp.chat import NOTHING_TOLD, Told
from sparkq_mcp.hook import hook_tool
from sparkq_mcp.mentions import mentions
from sparkq_mcp.offer import HOOK, NO_PROJECT, instructions, offered
from sparkq_mcp.prompts import add_prompts
from sparkq_mcp.push import Push
from sparkq_mcp.resources import add_resources
from sparkq_mcp.state import Opener, ServerState
from sparkq_mcp.tools import all_tools
from sparkq_mcp.uris import JSON_TYPE

PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#d97706" d="M9 1 3 9h4l-1 6 7-9H8z"/></svg>"""
ICON = f"data:image/svg+xml;base64,{b64encode(PICTURE.encode()).decode()}"

FIRST_SECONDS = 1
"""How long after the start a server begins to think of its maintenance."""

log = logging.getLogger("sparkq.mcp")


class SparkQServer(MCPServer[ServerState]):
    """MCPServer with features that its public interface lacks: streams made by the caller, `resources/subscribe`, an end
    of waiting claims and of subscriptions, and errors for unknown prompts."""

    state: ServerState
    _push: Push

    def close(self) -> None:
        """End each waiting claim, which returns no task, and each subscription."""
        self.state.closing = True
        self._push.listeners.close()

    def serve_subscriptions(self, push: Push) -> None:
        """Register `subscriptions/listen`, so that `close` can end it, and `resources/subscribe`. MCPServer has no public
        method for either."""
        self._push = push
        self._lowlevel_server.add_request_handler(
            "subscriptions/listen", SubscriptionsListenRequestParams, push.listeners
        )
        self._lowlevel_server.add_request_handler("resources/subscribe", SubscribeRequestParams, push.subscribe)
        self._lowlevel_server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, push.unsubscribe)
        self._lowlevel_server.add_request_handler("resources/list", PaginatedRequestParams, self._list_resources)
        self._lowlevel_server.add_request_handler("tools/list", PaginatedRequestParams, self._list_tools)

    async def list_resources(self) -> list[Resource]:
        """List the fixed resources, the active queues and the newest tasks to review."""
        mentioned = (
            Resource(uri=uri, name=name, title=name, description=description, mime_type=JSON_TYPE)
            for uri, name, description in mentions(self.state)
        )
        return [*await super().list_resources(), *mentioned]

    async def _list_resources(
        self,
        ctx: ServerRequestContext[Any, Any],
        params: PaginatedRequestParams | None,  # noqa: ARG002  # the list has one page
    ) -> ListResourcesResult:
        """Answer `resources/list`. From now on the client hears when the list changes."""
        listed = await self.list_resources()
        self._push.follow_list(ctx)
        return ListResourcesResult(resources=listed)

    async def _list_tools(
        self,
        ctx: ServerRequestContext[Any, Any],
        params: PaginatedRequestParams | None,  # noqa: ARG002  # the list has one page
    ) -> ListToolsResult:
        """Answer `tools/list`. A client that got none hears when there are some."""
        listed = await self.list_tools()
        if not listed:
            self._push.follow_tools(ctx)
        return ListToolsResult(tools=listed)

    async def list_tools(self) -> list[Tool]:
        """List the tools for models: all but the one that only hooks call; none while the server waits for a project."""
        if self.state.is_waiting:
            return []
        return [tool for tool in await super().list_tools() if tool.name != HOOK]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[ServerState, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. An unknown one is answered as every refusal is: MCPServer has neither a code nor a next step."""
        known = [tool.name for tool in await super().list_tools()]
        if name not in known:
            return reply.unknown_tool(name, [tool.name for tool in await self.list_tools()])
        return await super().call_tool(name, arguments, context)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[ServerState, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Return a prompt. An unknown name or argument is error -32602 with the known ones: MCPServer reports an internal
        error."""
        prompts = await self.list_prompts()
        known = {prompt.name: [argument.name for argument in prompt.arguments or []] for prompt in prompts}
        if name not in known:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt. Known: {', '.join(known)}.")
        if not set(arguments or {}) <= set(known[name]):
            raise MCPError(INVALID_PARAMS, f"{name} accepts: {', '.join(known[name])}.")
        return await super().get_prompt(name, arguments, context)

    async def serve(self, stdin: Any, stdout: Any) -> None:
        """Serve until `stdin` ends. `stdin` and `stdout` are objects like anyio's text files."""
        async with stdio_server(stdin, stdout) as (read, write):
            # MCPServer.run_stdio_async does the same with the process's own streams, but reads them in worker threads.
            options = self._lowlevel_server.create_initialization_options(
                NotificationOptions(resources_changed=True, tools_changed=True)
            )
            await self._lowlevel_server.run(read, write, options)


async def run_maintenance(state: ServerState) -> None:
    """Sweep, run hooks and purge at each interval while a chat is open; try again later if the project cannot be opened."""

    def project() -> SparkQ:
        return anyio.from_thread.run(aside, opened)  # the database connection belongs to that thread

    async def opened() -> SparkQ:
        return state.sq

    await anyio.sleep(FIRST_SECONDS)
    from sparkq_core.maintenance.rounds import Rounds  # the first call is not to wait for it

    rounds = await anyio.to_thread.run_sync(Rounds, project, log)
    while True:
        await anyio.sleep(rounds.pause)
        await anyio.to_thread.run_sync(rounds.next)


def build(
    opener: Opener, *, read_only: bool = False, only: Sequence[str] = (), told: Told = NOTHING_TOLD
) -> SparkQServer:
    """Build the server of the project that `opener` opens. If the project does not exist yet, each tool says so.

    `read_only` leaves out every tool that changes something; `only` names the tools to offer; `told` is what the
    environment of a stdio server tells about its chat. Raises InvalidValue for a name that is unknown, or excluded by
    `read_only`.
    """
    reads = {tool.name: bool(tool.annotations and tool.annotations.read_only_hint) for tool in all_tools()}
    names = offered(reads, read_only=read_only, only=only)
    return build_on(ServerState(opener, Steps(frozenset(names)), told, read_only=read_only))


def build_on(state: ServerState) -> SparkQServer:
    """Build the server on a state that exists already. It offers the tools that the state's next steps name."""
    push = Push(state)

    @asynccontextmanager
    async def lifespan(_: MCPServer[ServerState]) -> AsyncIterator[ServerState]:
        async with anyio.create_task_group() as background:
            background.start_soon(run_maintenance, state)
            background.start_soon(push.run)
            yield state
            background.cancel_scope.cancel()

    server = SparkQServer(
        "sparkq",
        title="SparkQ",
        description="Queue work, walk away, review results later.",
        instructions=NO_PROJECT if state.is_waiting else instructions(state.steps.tools),
        version=__version__,
        icons=[Icon(src=ICON, mime_type="image/svg+xml", sizes=["any"])],
        tools=[*(tool for tool in all_tools() if tool.name in state.steps.tools), hook_tool()],
        extensions=[board()],
        subscriptions=push.bus,
        lifespan=lifespan,
        log_level="WARNING",
    )
    server.state = state
    add_resources(server, state)
    add_prompts(server, state)
    server.serve_subscriptions(push)
    return server
