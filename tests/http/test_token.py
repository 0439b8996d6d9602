"""A server that other machines can reach: its token, where it stands, and what it opens."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest

from sparkq_core.errors import StorageError
from sparkq_http import token
from tests.harness.waiting import SECONDS
from tests.http.caller import JSON, Caller, Reply, Served
from tests.http.conftest import new_project
from tests.promises import holds


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(new_project(tmp_path_factory.mktemp("wide")), host="0.0.0.0")
    yield server
    server.stop()


def secret(server: Served) -> str:
    return (server.root / "sparkq/run" / token.FILE).read_text().strip()


@holds("token", "no-web-page-gets-in")
def test_nothing_is_answered_without_the_token(wide: Served) -> None:
    refused = wide.call.get("/api/queues")

    refused.refused(401, "no_token")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "content-security-policy" in refused.headers
    for path in ("/docs", "/openapi.json", "/api/events", "/assets/0/x.js", "/nowhere", "/health/", "//health"):
        wide.call.get(path).refused(401, "no_token")
    wide.call.post("/api/queues", name="x").refused(401, "no_token")
    assert wide.call.get("/health").status == wide.call.send("HEAD", "/health").status == 200


def test_the_token_is_a_bearer(wide: Served) -> None:
    def asked(authorization: str) -> int:
        return wide.call.send("GET", "/api/queues", None, {"Authorization": authorization}).status

    key = secret(wide)
    assert asked(f"Bearer {key}") == 200
    assert [asked(header) for header in (f"Bearer {key}x", "Bearer ", f"Basic {key}", key, "Bearer \xff")] == [401] * 5


def test_a_browser_logs_in_and_keeps_a_cookie(wide: Served) -> None:
    done = wide.call.get(f"/login?token={secret(wide)}")
    cookie = done.headers["set-cookie"]

    assert (done.status, done.headers["location"]) == (303, "/")
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    kept = {"Cookie": cookie.partition(";")[0]}
    assert wide.call.send("GET", "/api/queues", None, kept).status == 200
    assert wide.call.send("POST", "/api/queues", b'{"name": "x"}', {**kept, **JSON}).status == 201
    foreign = {**kept, **JSON, "Origin": "http://evil.example"}
    wide.call.send("POST", "/api/queues", b'{"name": "y"}', foreign).refused(403, "foreign_origin")


@pytest.mark.parametrize("crumb", ['prefs={"a":1}', "a b=c", "=", "x", "\xff=\xff", "expires=never; a=b"])
def test_a_cookie_of_another_program_does_not_hide_ours(wide: Served, crumb: str) -> None:
    ours = f"{token.cookie_name(wide.port)}={secret(wide)}"
    for both in (f"{crumb}; {ours}", f"{ours}; {crumb}"):
        assert wide.call.send("GET", "/api/queues", None, {"Cookie": both}).status == 200
    wide.call.send("GET", "/api/queues", None, {"Cookie": f"{crumb}; {ours}x"}).refused(401, "no_token")


BODIES = [
    (method, path, "application/json") for method in ("POST", "PUT") for path in ("/api/tasks", "/login", "/health")
]


@pytest.mark.parametrize(("method", "path", "kind"), [*BODIES, ("POST", "/login", "application/x-www-form-urlencoded")])
def test_nobody_without_the_token_makes_the_server_wait_for_a_body(
    wide: Served, method: str, path: str, kind: str
) -> None:
    with socket.create_connection(("127.0.0.1", wide.port), timeout=SECONDS) as raw:
        raw.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{wide.port}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: 8000000\r\n\r\n{{".encode()
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("given", ["", "?token=", "?token=wrong", "?token=%ff", f"?token={'x' * 201}"])
def test_another_token_opens_nothing(wide: Served, given: str) -> None:
    done = wide.call.get(f"/login{given}")

    assert done.status in (401, 422)
    assert "set-cookie" not in done.headers


def test_an_address_is_a_host_and_a_foreign_name_is_not(wide: Served) -> None:
    key = {"Authorization": f"Bearer {secret(wide)}"}

    assert wide.call.send("GET", "/api/queues", None, {**key, "Host": f"192.0.2.7:{wide.port}"}).status == 200
    wide.call.send("GET", "/api/queues", None, {**key, "Host": f"evil.example:{wide.port}"}).refused(421, "misdirected")


def test_a_chat_of_another_machine_is_answered_by_address_with_the_token(wide: Served) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}).encode()
    about = {**JSON, "Accept": "application/json, text/event-stream"}

    def asked(host: str, **more: str) -> Reply:
        return wide.call.send("POST", "/mcp", body, {**about, "Host": f"{host}:{wide.port}", **more})

    key = {"Authorization": f"Bearer {secret(wide)}"}
    own = {"Origin": f"http://192.0.2.7:{wide.port}"}
    assert b'"serverInfo"' in asked("192.0.2.7", **key).body
    assert asked("192.0.2.7", **key, **own).status == 200
    asked("192.0.2.7").refused(401, "no_token")
    asked("evil.example", **key).refused(421, "misdirected")
    asked("192.0.2.7", **key, Origin="http://evil.example").refused(403, "foreign_origin")


@holds("token")
def test_the_token_is_the_owners_file_and_never_printed(wide: Served) -> None:
    file = wide.root / "sparkq/run" / token.FILE

    assert S_IMODE(file.stat().st_mode) == 0o600
    assert len(secret(wide)) == 64
    assert secret(wide) not in wide.said
    assert str(file) in wide.said


def test_a_token_outlives_the_server_and_is_never_written_through_a_symlink(tmp_path: Path) -> None:
    first = token.read_or_create(tmp_path)
    assert token.read_or_create(tmp_path) == first

    (tmp_path / token.FILE).unlink()
    (tmp_path / "target").write_text("")
    (tmp_path / token.FILE).symlink_to(tmp_path / "target")
    with pytest.raises(StorageError, match="cannot be used"):
        token.read_or_create(tmp_path)
    assert (tmp_path / "target").read_text() == ""


@holds("token")
def test_on_this_machine_no_token_is_needed(call: Caller) -> None:
    assert call.get("/login").status == 303


@holds("token-page")
@pytest.mark.parametrize("path", ["/", "/login", "/login?refused=1", "/api/queues"])
def test_a_browser_without_the_token_is_asked_for_it(wide: Served, path: str) -> None:
    page = wide.call.send("GET", path, None, {"Accept": "text/html,*/*"})

    assert page.status == 401
    assert page.headers["content-type"].startswith("text/html")
    assert b'name="token"' in page.body
    assert secret(wide).encode() not in page.body
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert b'method="post"' in page.body
    assert (b"The token is wrong." in page.body) == ("refused" in path)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def posted(server: Served, given: str, **headers: str) -> Reply:
    """The answer to the form of the token page."""
    return server.call.send("POST", "/login", f"token={given}".encode(), FORM | headers)


@holds("token-page")
def test_the_form_is_posted_and_leads_to_the_page_with_a_cookie(wide: Served) -> None:
    done = posted(wide, f"+{secret(wide)}%0A", Origin=f"http://127.0.0.1:{wide.port}")

    assert (done.status, done.headers["location"]) == (303, "/")
    kept = {"Cookie": done.headers["set-cookie"].partition(";")[0]}
    assert wide.call.send("GET", "/api/queues", None, kept).status == 200


@pytest.mark.parametrize("given", ["", "wrong", "%ff", "a&token=b"])
def test_a_form_with_another_token_is_shown_again(wide: Served, given: str) -> None:
    page = posted(wide, given)

    assert (page.status, page.headers.get("set-cookie")) == (401, None)
    assert b"The token is wrong." in page.body


@holds("no-web-page-gets-in")
def test_the_form_of_a_foreign_page_is_refused(wide: Served) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        posted(wide, secret(wide), **headers).refused(
            403, f"foreign_{'site' if 'Sec-Fetch-Site' in headers else 'origin'}"
        )


@holds("token-page")
def test_no_address_keeps_a_token(wide: Served) -> None:
    answer = wide.call.send("GET", "/login?token=wrong", None, {"Accept": "text/html"})

    assert (answer.status, answer.headers["location"]) == (303, "/login?refused=1")


def test_a_program_without_the_token_is_answered_in_json(wide: Served) -> None:
    wide.call.send("GET", "/api/queues", None, {"Accept": "*/*"}).refused(401, "no_token")
    wide.call.send("POST", "/api/queues", b"{}", {**JSON, "Accept": "text/html"}).refused(401, "no_token")
