"""The check of every request before any route: first who sends it, then its head, then its body.

A browser lets every page that you visit send requests to this machine. So the Host header must name this server
(a rebound DNS name does not), the request must come from SparkQ's own page or from no page, and a change needs a
content type that a foreign page can send only after a CORS preflight. No answer has a CORS header, so that fails.
"""

from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkq_http import peer
from sparkq_http.answer import Refused

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY = 8 * 1024 * 1024
READING = ("GET", "HEAD")
END_OF_SESSION = ("DELETE", "/mcp", "")
"""MCP clients end a session without a body, so without a content type. A page cannot: a foreign DELETE is preflighted."""

POLICY = "Content-Security-Policy"
HEADERS = {
    POLICY: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

LOGIN = ("POST", "/login", "application/x-www-form-urlencoded")
"""The form of the token page. A foreign page that posts one is refused for its origin."""


class Guard:
    """Refuses foreign requests, and sets the security headers of every answer. `remote` admits other machines.

    `users` are those of this machine whose programs are answered; none are named where every request needs the token.
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, *, remote: bool = False, users: frozenset[int] = frozenset()
    ) -> None:
        self._app = app
        self._port = port
        self._remote = remote
        self._users = users
        self._names = {*LOOPBACK, host.lower(), *((gethostname().lower(),) if remote else ())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a WebSocket handshake is refused by not accepting it
        send = _with_security_headers(send)
        try:
            self._check_user(peer.noted(scope))
            self._check(scope["method"], scope["path"], Headers(scope=scope))
        except Refused as refused:
            await refused.answer()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_user(self, user: int | None) -> None:
        if self._users and user is not None and user not in self._users:
            raise Refused(
                403,
                "other_user",
                f"This server belongs to another user of this machine; your program runs as user {user}.",
                "Start a server of your own project: sparkq start",
            )

    def _check(self, method: str, path: str, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_here(hosts[0].lower()):
            raise Refused(
                421,
                "misdirected",
                "The Host header names another server.",
                "Use http://127.0.0.1 and the port of this server.",
            )
        if headers.getlist("origin") not in ([], [f"http://{hosts[0].lower()}"]):
            raise Refused(
                403, "foreign_origin", "Requests of other web pages are refused.", "Open the page of this server."
            )
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and not _is_visit(method, headers):
            raise Refused(
                403, "foreign_site", "Requests of other web pages are refused.", "Open the page of this server."
            )
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method not in READING and kind != "application/json" and (method, path, kind) not in (END_OF_SESSION, LOGIN):
            raise Refused(
                415, "content_type", "The content type is not application/json.", "Send Content-Type: application/json."
            )

    def _is_here(self, host: str) -> bool:
        """True if a Host header means this server: its port, with a known name or, if remote, any IP address."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        shown = f"[{name}]" if ":" in name else name
        if host not in (f"{shown}:{port}", shown) or (port or 80) != self._port:
            return False
        return shown in self._names or name in self._names or (self._remote and _is_address(name))


class WholeBody:
    """Reads the body of a change to its end, within the limit, before the route runs.

    It runs after the checks of the head, so that refused clients cannot make the server keep a body. A request that was
    cut off is dropped: with an empty body it would be a different request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING:
            await self._app(scope, receive, send)
            return
        try:
            body = await _read_body(Headers(scope=scope), receive)
        except Refused as refused:
            await refused.answer()(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, body, send)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_visit(method: str, headers: Headers) -> bool:
    """True if the user followed a link to this server, in a window or tab."""
    return (
        method in READING
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


async def _read_body(headers: Headers, receive: Receive) -> Receive | None:
    """Read the body. Returns a `receive` that gives it to the route, or None if it was cut off. Raises Refused."""
    too_large = Refused(413, "too_large", f"The body is larger than {MAX_BODY:,} bytes.", "Send less at once.")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > MAX_BODY:
        raise too_large
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise too_large
        more = message.get("more_body", False)
    body: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def receive_body() -> Message:
        return body.pop() if body else await receive()

    return receive_body


def _with_security_headers(send: Send) -> Send:
    """Add the security headers to an answer, and `no-store` unless the route set its caching."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            policy = headers.get(POLICY)  # that of the page for the token, which has a form
            headers.update(HEADERS if policy is None else {**HEADERS, POLICY: policy})
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return send_with_headers
