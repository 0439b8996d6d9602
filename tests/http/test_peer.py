"""Who is at the other end: other users of this machine get no answer, and an unknown one needs the token."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sparkq_http import peer, token
from sparkq_http.peer import Address
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.harness.waiting import SECONDS, until
from tests.http.caller import JSON, Caller, Served, free_port, with_query
from tests.http.test_guard import ENDLESS, ROUTES
from tests.promises import holds

STRANGER = 65534
IMPORTS = """
import encodings.idna, http.client, json, os, socket, sys  # before it becomes a user who may not read them
"""
AS_USER = """
os.setgroups([])
os.setgid(int(sys.argv[1]))
os.setuid(int(sys.argv[1]))
"""
ASK = """
port, asked = int(sys.argv[2]), json.loads(sys.argv[3])
answers = []
for verb, path, body in asked:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(verb, path, body.encode() if verb != "GET" else None, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answers.append([answer.status, json.loads(answer.read()).get("error")])
print(json.dumps(answers))
"""
UNKNOWN = """
import sys
from sparkq_http import peer, server
peer.owner = lambda client, server: None
server.main(sys.argv[1:])
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program as another user")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows whose connection it is")


def asked_by(user: int, port: int, *asked: tuple[str, str], body: str = "{}") -> list[tuple[int, str | None]]:
    """Status and code of the answers that a program of a user gets."""
    requests = [(verb, path, body) for verb, path in asked]
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS + AS_USER + ASK, str(user), str(port), json.dumps(requests)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(status, code) for status, code in json.loads(done.stdout)]


@as_root
@on_linux
@holds("other-users")
def test_a_program_of_another_user_is_refused_on_every_route(served: Served) -> None:
    answers = asked_by(STRANGER, served.port, *ROUTES)

    assert set(answers) == {(403, "other_user")}
    assert {("GET", ENDLESS), ("POST", "/mcp"), ("GET", "/health")} <= set(ROUTES)


@as_root
@on_linux
@holds("other-users")
def test_a_program_of_another_user_adds_no_task(served: Served, call: Caller, line: str) -> None:
    task = json.dumps({"queue": line, "prompt": "Do as I say."})

    assert asked_by(STRANGER, served.port, ("POST", "/api/tasks"), body=task) == [(403, "other_user")]
    assert call.get(with_query("/api/tasks", queue=line)).facts["tasks"] == []
    assert asked_by(0, served.port, ("POST", "/api/tasks"), body=task) == [(201, None)]


@as_root
@on_linux
def test_root_is_answered(served: Served) -> None:
    assert asked_by(0, served.port, ("GET", "/api/version")) == [(200, None)]


@pytest.fixture(params=["sock_diag", "tables"])
def shown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way in which Linux shows a connection, alone."""
    if request.param == "sock_diag":
        monkeypatch.setattr(peer, "TABLES", Path("/nowhere"))
    else:
        monkeypatch.setattr(peer, "SOCK_DIAG", None)
    return str(request.param)


Connect = Callable[[str], tuple[socket.socket, socket.socket]]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects to a listener at an address: the client's and the server's end."""
    opened: list[socket.socket] = []

    def ends(host: str) -> tuple[socket.socket, socket.socket]:
        listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        client = socket.create_connection((host, listener.getsockname()[1]))
        server, _ = listener.accept()
        opened.extend((listener, client, server))
        return client, server

    yield ends
    for each in opened:
        each.close()


def owner_of(server: socket.socket) -> int | None:
    """The user at the other end, from the server's end as the connection has it."""
    return peer.owner(Address(*server.getpeername()[:2]), Address(*server.getsockname()[:2]))


@on_linux
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_connection_shows_its_user(shown: str, connect: Connect, host: str) -> None:
    _, server = connect(host)

    assert owner_of(server) == os.geteuid()


@on_linux
def test_a_client_that_speaks_both_protocols_is_known(shown: str) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        closing(socket.socket(socket.AF_INET6)) as client,
    ):
        client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
        server, _ = listener.accept()
        with closing(server):
            assert owner_of(server) == os.geteuid()


@on_linux
def test_a_client_that_has_only_stopped_sending_is_known(shown: str, connect: Connect) -> None:
    client, server = connect("127.0.0.1")
    client.shutdown(socket.SHUT_WR)

    assert owner_of(server) == os.geteuid()


@on_linux
@holds("other-users")
def test_a_client_that_is_gone_is_nobody_although_linux_reports_root(shown: str, connect: Connect) -> None:
    """Otherwise another user sends a change, closes at once, and passes for root."""
    client, server = connect("127.0.0.1")
    client.close()

    assert owner_of(server) is None


@on_linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_user_is_that_of_the_other_end(shown: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        connect = "with socket.create_connection(('127.0.0.1', int(sys.argv[2]))) as client: client.recv(1)"
        port = listener.getsockname()[1]
        child = subprocess.Popen([sys.executable, "-c", IMPORTS + AS_USER + connect, str(STRANGER), str(port)])
        server, _ = listener.accept()
        with closing(server):
            assert owner_of(server) == STRANGER
        child.wait(SECONDS)


@on_linux
def test_linux_identifies(shown: str) -> None:
    assert peer.can_identify()


def test_a_system_that_shows_nothing_is_seen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "TABLES", Path("/nowhere"))
    monkeypatch.setattr(peer, "SOCK_DIAG", None)

    assert not peer.can_identify()


@pytest.fixture
def unknown(own: Path) -> Iterator[Caller]:
    """A server on a system that does not show whose connection it is."""
    port = free_port()
    command = [sys.executable, "-c", UNKNOWN, "--port", str(port)]
    environment = {"PATH": os.defpath, "HOME": f"{own}-home", "PYTHONPATH": str(TOP)}
    with subprocess.Popen(command, cwd=own, env=environment, stderr=subprocess.DEVNULL) as process:
        call = Caller(port)
        until(lambda: _answers(call))
        yield call
        process.terminate()


def _answers(call: Caller) -> bool:
    try:
        return call.get("/health").status == 200
    except OSError:
        return False


@holds("other-users")
def test_where_the_user_is_unknown_everything_needs_the_token(unknown: Caller, own: Path) -> None:
    secret = (own / "sparkq/run" / token.FILE).read_text().strip()
    key = {"Authorization": f"Bearer {secret}"}

    said = unknown.get("/api/queues").refused(401, "no_token")
    unknown.post("/api/queues", name="x").refused(401, "no_token")
    unknown.get("/login?token=x").refused(401, "no_token")
    unknown.send("POST", "/mcp", b"{}", JSON).refused(401, "no_token")
    assert "does not show which user" in said
    assert unknown.send("GET", "/api/queues", None, key).status == 200
    assert unknown.send("POST", "/api/queues", b'{"name": "x"}', {**key, **JSON}).status == 201
    unknown.send("GET", "/api/queues", None, {**key, "Host": f"192.0.2.7:{unknown.port}"}).refused(421, "misdirected")


def test_there_the_command_prints_the_address_with_the_token(unknown: Caller, own: Path) -> None:
    shell = Shell(own, own.parent / "home")
    secret = (own / "sparkq/run" / token.FILE).read_text().strip()
    link = f"http://127.0.0.1:{unknown.port}/login?token={secret}"

    assert link in shell.ok("start")
    assert link in shell.ok("status")
    done = unknown.get(f"/login?token={secret}")
    assert (done.status, done.headers["location"]) == (303, "/")
    cookie = {"Cookie": done.headers["set-cookie"].partition(";")[0]}
    assert unknown.send("GET", "/api/queues", None, cookie).status == 200


def test_on_linux_the_token_is_neither_needed_nor_shown(served: Served) -> None:
    about = json.loads((served.root / "sparkq/run/server.lock").read_text())

    assert about["token_file"] is None
    assert "token" not in served.said
