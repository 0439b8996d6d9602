"""The guard, on every route that there is: a new route is covered without a line here."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from sparkq_core import project
from sparkq_http.app import routers
from sparkq_http.guard import END_OF_SESSION, HEADERS, LOGIN, MAX_BODY
from sparkq_http.server import guests
from tests.harness.waiting import SECONDS
from tests.http.caller import JSON, Caller, Reply
from tests.promises import holds
from tests.proof.counts import Counts

FILLED = {
    "{queue}": "nowhere-at-all",
    "{session}": "nowhere-at-all",
    "{task_id}": "999999",
    "{name:path}": "x.js",
    "{name}": "any.svg",
}
ENDLESS = "/api/events"
CHAT = "/mcp"
HTTP_SCHEMES_AND_PORTS = (
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:1",
    "http://localhost:{port}",
    "http://127.0.0.1",
)


def routes() -> Iterator[tuple[str, str]]:
    """Every verb and address of the route table, its parameters filled."""
    yield "GET", "/openapi.json"
    for router in routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = route.path.replace("{version}", "0")
            for name, value in FILLED.items():
                path = path.replace(name, value)
            assert "{" not in path, f"say in FILLED what stands for the parameters of {path}"
            for verb in sorted(route.methods or ()):
                yield verb, path
    for guest in guests(project.open):
        for route in guest.routes:
            assert isinstance(route, Route)
            for verb in sorted(route.methods or ("GET", "POST", "DELETE")):
                yield verb, route.path


ROUTES = sorted(set(routes()))
CHANGING = [(verb, path) for verb, path in ROUTES if verb != "GET"]
READING = [(verb, path) for verb, path in ROUTES if verb == "GET" and path not in (ENDLESS, CHAT)]


def ask(call: Caller, verb: str, path: str, headers: list[tuple[str, str]], body: bytes = b"") -> Reply:
    """A request of which every header is given, Host too."""
    connection = HTTPConnection("127.0.0.1", call.port, timeout=SECONDS)
    try:
        connection.putrequest(verb, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def usual(call: Caller) -> list[tuple[str, str]]:
    """The headers of a request that the guard lets through."""
    return [("Host", f"127.0.0.1:{call.port}"), ("Content-Type", "application/json")]


@pytest.fixture(autouse=True)
def _counted(request: pytest.FixtureRequest, counts: Counts) -> None:
    if "path" in request.fixturenames:
        counts(routes_x_cases=1)


def test_there_are_routes_to_guard(counts: Counts) -> None:
    counts(routes=len(ROUTES))
    assert len(ROUTES) > 40
    assert {("GET", "/docs"), ("GET", "/health"), ("POST", "/api/tasks"), ("POST", CHAT)} <= set(ROUTES)


@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_a_host_that_is_not_this_server_is_misdirected(call: Caller, verb: str, path: str) -> None:
    port = call.port
    others = ["evil.example", f"evil.example:{port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil.example:{port}"]
    others += [
        f"localhost@evil.example:{port}",
        f"127.0.0.1:{port}@evil.example",
        "",
        f"0.0.0.0:{port}",
        f"[::1:{port}",
    ]
    for host in others:
        ask(call, verb, path, [("Host", host), ("Content-Type", "application/json")]).refused(421, "misdirected")


@holds("no-web-page-gets-in")
@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_a_foreign_page_is_refused(call: Caller, verb: str, path: str) -> None:
    origins = ["http://evil.example", "null", "", *(origin.format(port=call.port) for origin in HTTP_SCHEMES_AND_PORTS)]
    for origin in origins:
        ask(call, verb, path, [*usual(call), ("Origin", origin)]).refused(403, "foreign_origin")
    own = ("Origin", f"http://127.0.0.1:{call.port}")
    ask(call, verb, path, [*usual(call), own, own]).refused(403, "foreign_origin")
    for site in ("cross-site", "same-site", "CROSS-SITE", ""):
        ask(call, verb, path, [*usual(call), ("Sec-Fetch-Site", site)]).refused(403, "foreign_site")


@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_a_foreign_page_may_link_here_but_not_embed_or_send(call: Caller, verb: str, path: str) -> None:
    def visit(mode: str, dest: str) -> Reply:
        more = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]
        return ask(call, verb, path, [*usual(call), *more])

    for mode, dest in (("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")):
        visit(mode, dest).refused(403, "foreign_site")
    if verb != "GET":
        visit("navigate", "document").refused(403, "foreign_site")
    elif path != ENDLESS:
        assert visit("navigate", "document").status != 403


@pytest.mark.parametrize(("verb", "path"), CHANGING)
def test_every_change_needs_the_content_type(call: Caller, verb: str, path: str) -> None:
    host = ("Host", f"127.0.0.1:{call.port}")
    if (verb, path, "") != END_OF_SESSION:
        ask(call, verb, path, [host]).refused(415, "content_type")
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ):
        if (verb, path, kind) == LOGIN:
            continue  # the form of the token page: its origin is checked
        ask(call, verb, path, [host, ("Content-Type", kind)]).refused(415, "content_type")
        ask(call, verb, path, [host, ("Content-Type", kind), ("Content-Length", "2")], b"{}").refused(
            415, "content_type"
        )
    ask(call, verb, path, [host, ("Content-Type", "text/plain, application/json")]).refused(415, "content_type")
    assert ask(call, verb, path, [host, ("Content-Type", "Application/JSON; charset=utf-8")]).status != 415


@pytest.mark.parametrize(("verb", "path"), CHANGING)
def test_a_body_that_says_to_be_too_large_is_refused(call: Caller, verb: str, path: str) -> None:
    for length in (str(MAX_BODY + 1), "9" * 19):
        ask(call, verb, path, [*usual(call), ("Content-Length", length)]).refused(413, "too_large")


@pytest.mark.parametrize(("verb", "path"), READING)
def test_what_is_read_is_headed_and_shared_with_nobody(call: Caller, verb: str, path: str) -> None:
    check_headers(ask(call, verb, path, [*usual(call), ("Origin", f"http://127.0.0.1:{call.port}")]), path)
    head = ask(call, "HEAD", path, usual(call))
    assert (head.status, head.body) == (ask(call, "GET", path, usual(call)).status, b"")
    check_headers(head, path)


@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_refusals_are_headed_and_shared_with_nobody(call: Caller, verb: str, path: str) -> None:
    check_headers(ask(call, verb, path, [("Host", "evil.example"), ("Origin", "http://evil.example")]), path)
    preflight = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")]
    asked = ask(call, "OPTIONS", path, [*usual(call), *preflight])
    asked.refused(403, "foreign_origin")
    check_headers(asked, path)
    check_headers(ask(call, "PUT", path, usual(call)), path)


def check_headers(reply: Reply, path: str) -> None:
    """The security headers are there and no CORS header is."""
    assert reply.status < 500, reply.body
    assert {name: reply.headers.get(name.lower()) for name in HEADERS} == HEADERS
    assert not [name for name in reply.headers if name.startswith("access-control")]
    if path.startswith("/api"):
        assert reply.headers["cache-control"] == "no-store"


def test_the_own_page_may_ask_by_every_name_of_this_machine(call: Caller) -> None:
    for host in (f"localhost:{call.port}", f"LOCALHOST:{call.port}", f"[::1]:{call.port}", f"127.0.0.1:{call.port}"):
        more = [("Origin", f"http://{host.lower()}"), ("Sec-Fetch-Site", "same-origin")]
        assert ask(call, "GET", "/api/queues", [("Host", host), *more]).status == 200


def test_two_hosts_or_none_are_misdirected(call: Caller) -> None:
    host = ("Host", f"127.0.0.1:{call.port}")

    assert ask(call, "GET", "/api/queues", [host, host]).status in (400, 421)
    assert ask(call, "GET", "/api/queues", []).status in (400, 421)


def test_a_body_without_a_length_is_limited_too(call: Caller, line: str) -> None:
    with socket.create_connection(("127.0.0.1", call.port), timeout=SECONDS) as raw:
        raw.sendall(
            f"POST /api/tasks HTTP/1.1\r\nHost: 127.0.0.1:{call.port}\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(10):
                raw.sendall(chunk)
        except OSError:
            pass  # it has answered and hung up
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")
    assert call.get(f"/api/queues/{line}")["queue"]["queued"] == 0


def test_a_body_in_chunks_is_read_whole(call: Caller, line: str) -> None:
    body = f'{{"queue": "{line}", "prompt": "in pieces"}}'.encode()
    connection = HTTPConnection("127.0.0.1", call.port, timeout=SECONDS)
    connection.request("POST", "/api/tasks", iter([body[:9], body[9:]]), JSON, encode_chunked=True)
    assert connection.getresponse().status == 201
    connection.close()


def test_a_prompt_as_large_as_may_be_goes_through(call: Caller, line: str) -> None:
    number = call.add(line, "é" * (512 * 1024))

    assert len(call.get(f"/api/tasks/{number}")["prompt"]) == 512 * 1024


@pytest.mark.parametrize("body", [b"", b'{"attempt":'], ids=["before its body", "within its body"])
def test_a_request_that_is_cut_off_changes_nothing(call: Caller, line: str, body: bytes) -> None:
    """An empty body would have released whatever attempt is running."""
    number = call.running(line)
    with socket.create_connection(("127.0.0.1", call.port), timeout=SECONDS) as raw:
        raw.sendall(
            f"POST /api/tasks/{number}/release HTTP/1.1\r\nHost: 127.0.0.1:{call.port}\r\n"
            "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n".encode()
            + body
        )
        raw.shutdown(socket.SHUT_WR)
        assert raw.recv(100) == b""

    assert call.get(f"/api/tasks/{number}")["status"] == "running"


def test_a_tunnel_from_the_same_port_leads_here_and_one_from_another_is_misdirected(call: Caller, line: str) -> None:
    """As `ssh -L PORT:127.0.0.1:PORT` on another machine: its browser names the port that it knows."""
    with tunnel(call.port) as near:
        for host in (f"127.0.0.1:{call.port}", f"localhost:{call.port}"):
            headers = [("Host", host), ("Origin", f"http://{host}"), ("Content-Type", "application/json")]
            assert ask(Caller(near), "POST", f"/api/queues/{line}/end", headers).status == 200
        ask(Caller(near), "GET", "/api/queues", [("Host", f"127.0.0.1:{near}")]).refused(421, "misdirected")


@contextmanager
def tunnel(port: int) -> Iterator[int]:
    """A port of this machine behind which there is another, as at the near end of a tunnel."""

    class Passing(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as there:
                back = threading.Thread(target=passed, args=(there, self.request))
                back.start()
                passed(self.request, there)
                back.join()

    with ThreadingTCPServer(("127.0.0.1", 0), Passing) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield int(server.server_address[1])
        server.shutdown()
        serving.join()


def passed(giver: socket.socket, taker: socket.socket) -> None:
    """Everything that comes, until it ends."""
    for part in iter(lambda: giver.recv(65536), b""):
        taker.sendall(part)
    with suppress(OSError):  # it has ended, too
        taker.shutdown(socket.SHUT_WR)


def test_nothing_speaks_websocket(call: Caller) -> None:
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
    key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")

    assert ask(call, "GET", "/api/events-not", [*usual(call), *upgrade, key]).status == 404
