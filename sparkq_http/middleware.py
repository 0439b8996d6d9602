"""Small middlewares: HEAD for every GET, one answer for every exception, and addresses with a slash at their end."""

import logging

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkq_http.answer import defect

log = logging.getLogger("sparkq.http")


class Head:
    """Answers HEAD as GET, without the body: the route is cancelled when its headers are known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        with anyio.CancelScope() as route:

            async def head_only(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    await send({"type": "http.response.body", "body": b""})
                    route.cancel()

            await self._app({**scope, "method": "GET"}, receive, head_only)


class Defects:
    """Logs an unexpected exception with its traceback, and answers without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception:
            if scope["type"] != "http":
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            if not started:
                await defect()(scope, receive, send)


SLASHED = ("/ui/", "/docs/", "/mcp/")


class Slash:
    """Answers addresses that people and clients type with a slash at their end as those without."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") in SLASHED:
            path = scope["path"].removesuffix("/")
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)
