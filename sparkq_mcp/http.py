"""MCP over Streamable HTTP, as a guest of the HTTP server: the same tools at /mcp, behind the server's guard."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.routing import BaseRoute

from sparkq_mcp.chat import Opener
from sparkq_mcp.server import build

PATH = "/mcp"


def guest(opener: Opener) -> tuple[Sequence[BaseRoute], Callable[[], AbstractAsyncContextManager[None]]]:
    """The routes to serve, and what must run around them.

    The server's guard has checked Host and Origin by then; the SDK's own check stays on for loopback.
    """
    server = build(opener)
    app = server.streamable_http_app(streamable_http_path=PATH)
    return app.routes, server.session_manager.run
