"""The key of a server that other machines can reach: a token in a file that only its owner reads.

It comes as `Authorization: Bearer`, or as the cookie that `/login?token=…` sets. It is never printed or logged.
"""

import hmac
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from sparkq_core import clock
from sparkq_core.errors import StorageError
from sparkq_http.answer import refusal
from sparkq_http.guard import READING

FILE = "server.token"
OPEN = ("/health", "/login")
"""What may be read without the token: whether the server lives, and where the token is handed over."""


def kept(run_dir: Path) -> str:
    """The token of this project, made when there is none (mode 0600, never through a symlink). Raises StorageError."""
    file = run_dir / FILE
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(handle, 0o600)
            found = os.read(handle, 1024).decode("ascii", "replace").strip()
            if len(found) < 32:
                found = clock.token(32)
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{found}\n".encode(), 0)
        finally:
            os.close(handle)
    except OSError as error:
        raise StorageError(
            f"{file} cannot be used: {error.strerror}.", "A server on a network needs its token there."
        ) from error
    return found


def cookie(port: int) -> str:
    """The cookie's name: browsers keep one jar for all ports of a host."""
    return f"sparkq_{port}"


def same(given: str, token: str) -> bool:
    """Whether it is the token, in a time that does not depend on where it differs."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _open(scope: Scope) -> bool:
    return scope["path"] in OPEN and scope["method"] in READING


class Gate:
    """Refuses whoever does not have the token."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = cookie(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _open(scope) or self._has_token(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        refused = refusal(
            401,
            "no_token",
            "This server needs its token.",
            f"Open /login?token=… with what stands in {FILE} of the run folder.",
            {"WWW-Authenticate": "Bearer"},
        )
        await refused(scope, receive, send)

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(given.strip(), self._token):
            return True
        # Not the standard library's SimpleCookie, which gives up at the first cookie of another program that it cannot read.
        return same(cookie_parser(headers.get("cookie", "")).get(self._cookie, ""), self._token)
