"""The token for requests from other machines, and for those whose user the system does not show.

It is in a file that only its owner can read.

Clients send it as `Authorization: Bearer`, or as the cookie that `/login` sets. It is never logged.
"""

import hmac
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from sparkq_core import clock
from sparkq_core.errors import StorageError
from sparkq_http import peer
from sparkq_http.answer import refusal
from sparkq_http.guard import LOGIN, READING
from sparkq_http.token_page import is_wanted, token_page

FILE = "server.token"
OPEN = ("/health", "/login")
"""The paths that can be read without the token."""

MAX_LOGIN = 1000
"""Bytes of the form that asks for the token: of those who do not have it, no more is read."""

UNKNOWN = "The system does not show which user sends this, so the server needs its token."


def read_or_create(run_dir: Path) -> str:
    """Return the token of this project. Creates one if needed (mode 0600, never through a symlink). Raises StorageError."""
    file = run_dir / FILE
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(handle, 0o600)
            token = os.read(handle, 1024).decode("ascii", "replace").strip()
            if len(token) < 32:
                token = clock.token(32)
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{token}\n".encode(), 0)
        finally:
            os.close(handle)
    except OSError as error:
        raise StorageError(f"{file} cannot be used: {error.strerror}.", "The server keeps its token there.") from error
    return token


def cookie_name(port: int) -> str:
    """Return the name of the cookie. It has the port, because browsers share cookies among all ports of a host."""
    return f"sparkq_{port}"


def is_token(given: str, token: str) -> bool:
    """True if `given` is the token. Takes the same time wherever the two differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _is_open(scope: Scope) -> bool:
    if scope["method"] in READING:
        return scope["path"] in OPEN
    headers = Headers(scope=scope)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    size = headers.get("content-length", "")
    return (scope["method"], scope["path"], kind) == LOGIN and size.isdecimal() and int(size[:20]) <= MAX_LOGIN


class TokenCheck:
    """Refuses requests without the token. With `local` those from a known user of this machine need none."""

    def __init__(self, app: ASGIApp, token: str, port: int, *, local: bool = False) -> None:
        self._app = app
        self._token = token
        self._local = local
        self._cookie = cookie_name(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_open(scope) or self._is_known(scope) or self._has_token(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        reason = UNKNOWN if self._local else "This server needs its token."
        if is_wanted(scope["method"], Headers(scope=scope)):
            await token_page(reason)(scope, receive, send)
            return
        refused = refusal(
            401,
            "no_token",
            reason,
            f"Send the token in {FILE} of the run folder as Authorization: Bearer, or open /login in a browser.",
            {"WWW-Authenticate": "Bearer"},
        )
        await refused(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        """True if the request is from this machine, of a user whom the guard has let pass."""
        return self._local and peer.noted(scope) is not None

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and is_token(given.strip(), self._token):
            return True
        # Not the standard library's SimpleCookie, which stops at the first cookie of another program that it cannot parse.
        return is_token(cookie_parser(headers.get("cookie", "")).get(self._cookie, ""), self._token)
