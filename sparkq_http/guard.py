"""Who may talk to the server, and how: every request passes here before any route sees it, first by its head alone.

A browser lets any page that the person visits send requests to this machine. So the request must name this server
as its host (a rebound DNS name does not), come from no page or from our own, and write only with a content type that
no foreign page can send without asking first. Nobody is ever asked: no answer carries a CORS header.
"""

from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkq_http.answer import Refused

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY = 8 * 1024 * 1024
READING = ("GET", "HEAD")
END_OF_SESSION = ("DELETE", "/mcp", "")
"""How MCP clients end a session: without a body, so without its type. No page may send a DELETE elsewhere unasked."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses foreign requests and sets the security headers of every answer. `remote`: other machines may ask too."""

    def __init__(self, app: ASGIApp, host: str, port: int, *, remote: bool = False) -> None:
        self._app = app
        self._port = port
        self._remote = remote
        self._names = {*LOOPBACK, host.lower(), *((gethostname().lower(),) if remote else ())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # nothing here speaks WebSocket: the handshake is refused by not accepting it
        headed = _headed(send)
        try:
            self._judge(scope["method"], scope["path"], Headers(scope=scope))
        except Refused as refused:
            await refused.answer()(scope, receive, headed)
            return
        await self._app(scope, receive, headed)

    def _judge(self, method: str, path: str, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_here(hosts[0].lower()):
            raise Refused(421, "misdirected", "This server has another name.", "Use http://127.0.0.1 and its port.")
        if headers.getlist("origin") not in ([], [f"http://{hosts[0].lower()}"]):
            raise Refused(403, "foreign_origin", "Only SparkQ's own page may ask.", "Open the page of this server.")
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and not _is_visit(method, headers):
            raise Refused(403, "foreign_site", "Only SparkQ's own page may ask.", "Open the page of this server.")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method not in READING and kind != "application/json" and (method, path, kind) != END_OF_SESSION:
            raise Refused(
                415, "content_type", "Every change needs the content type application/json.", "Set Content-Type."
            )

    def _is_here(self, host: str) -> bool:
        """Whether a Host header means this server: a known name, or on a network any literal address, with the port."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        shown = f"[{name}]" if ":" in name else name
        if host not in (f"{shown}:{port}", shown) or (port or 80) != self._port:
            return False
        return shown in self._names or name in self._names or (self._remote and _is_address(name))


class Whole:
    """Lets a change through when all of its body has come, within the limit.

    Stands behind whatever judges by the head: nobody else makes the server keep a body. A request that was cut off
    is none: an empty body would be another request than the one that was meant.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING:
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole(Headers(scope=scope), receive)
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
    """Whether a person followed a link to here: reading, in a window of its own."""
    return (
        method in READING
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


async def _whole(headers: Headers, receive: Receive) -> Receive | None:
    """The body, read to its end within the limit, for the route to read again; None when it was cut off. Raises Refused."""
    too_large = Refused(413, "too_large", f"A body may have {MAX_BODY:,} bytes at most.", "Send less at once.")
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
    whole: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def again() -> Message:
        return whole.pop() if whole else await receive()

    return again


def _headed(send: Send) -> Send:
    """`send` with the security headers; what no route said may be cached, may not."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return with_headers
