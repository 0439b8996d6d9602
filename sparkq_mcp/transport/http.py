"""MCP over Streamable HTTP, as a guest of the HTTP server: the same tools at /mcp, protected by the server's guard."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from sparkq_mcp.state import Opener

if TYPE_CHECKING:
    from sparkq_mcp.server import SparkQServer

PATH = "/mcp"
FAILED = {
    "error": "mcp_failed",
    "message": "MCP over HTTP could not be loaded; the rest of the server works.",
    "hint": "Restart the server, with `sparkq restart` if it runs in the background; its log says more.",
}
STOPPING = {
    "error": "stopping",
    "message": "The server is stopping.",
    "hint": "Start it again with `sparkq start`, or use MCP over stdio: `sparkq mcp`.",
}
log = logging.getLogger("sparkq.mcp")


class Sessions:
    """The MCP sessions of the HTTP server. The first request loads the SDK.

    Importing the SDK takes as long as importing the rest of the server, and most chats use stdio. If it cannot be
    loaded, for example after an upgrade under the running server, MCP requests are refused and the rest goes on.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._server: SparkQServer | None = None
        self._closing = False

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Serve sessions as long as this context is open."""
        self._requested, self._ready = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as background:
            background.start_soon(self._run)
            yield
            background.cancel_scope.cancel()

    def close(self) -> None:
        """End each wait for a task or for the SDK, because the server stops."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        self._ready.set()

    async def _run(self) -> None:
        await self._requested.wait()
        try:
            server = await anyio.to_thread.run_sync(_build_server, self._opener, abandon_on_cancel=True)
            async with server.session_manager.run():
                if self._closing:  # while the SDK was loaded
                    return
                self._server = server
                self._ready.set()
                await anyio.sleep_forever()
        except Exception:  # of any kind: a guest must not stop its host
            log.exception("MCP over HTTP could not be served")
            self._server = None
            self._ready.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._requested.set()
        await self._ready.wait()
        if self._server is None:
            await JSONResponse(STOPPING if self._closing else FAILED, 503)(scope, receive, send)
        else:
            await self._server.session_manager.asgi_app(scope, receive, send)


def _build_server(opener: Opener) -> "SparkQServer":
    """Build the MCP server, without the SDK's check of Host and Origin: it knows loopback names only, and the HTTP
    server's guard has checked every request before, also where other machines are allowed."""
    from mcp.server.transport_security import TransportSecuritySettings

    from sparkq_mcp.server import build

    server = build(opener)
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(streamable_http_path=PATH, transport_security=unchecked)
    return server


def guest(
    opener: Opener,
) -> tuple[Sequence[BaseRoute], Callable[[], AbstractAsyncContextManager[None]], Callable[[], None]]:
    """Return the routes to serve, the context manager to keep open around them, and the function that ends their waits."""
    sessions = Sessions(opener)
    return [Route(PATH, sessions)], sessions.lifespan, sessions.close
