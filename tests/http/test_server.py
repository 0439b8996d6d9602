"""The server as a process: one a project, its port, its end, its log, and what other machines need."""

import fcntl
import json
import signal
import socket
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE

import pytest

from sparkq_core import project, queues, tasks
from sparkq_http.server import LOG_BYTES, LOG_FILES, log_to
from tests.harness.projects import TOP
from tests.harness.waiting import SECONDS, until
from tests.http.caller import Served
from tests.http.test_events import listening


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The server's command where it must end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "sparkq_http.server", *arguments],
        cwd=root,
        env={"PATH": "/usr/bin:/bin", "HOME": f"{root}-home", "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_second_server_of_the_project_is_refused(served: Served) -> None:
    done = run(served.root)

    assert (done.returncode, done.stdout) == (4, "")
    assert "running already" in done.stderr


def test_a_port_that_is_taken_is_refused_with_another(served: Served, own: Path) -> None:
    done = run(own, "--port", str(served.port))

    assert done.returncode == 4
    assert f"--port {served.port + 1}" in done.stderr


def test_the_port_that_is_advised_is_one_that_there_is(own: Path) -> None:
    with socket.socket() as taken:
        with suppress(OSError):  # then somebody else has it
            taken.bind(("127.0.0.1", 65535))
            taken.listen()
        done = run(own, "--port", "65535")

    assert done.returncode == 4
    assert "--port 65534" in done.stderr


def test_without_a_project_the_server_says_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path)

    assert done.returncode == 3
    assert "sparkq setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_lock_file_says_who_serves(served: Served) -> None:
    about = json.loads((served.root / "sparkq/run/server.lock").read_text())

    assert (about["pid"], about["host"], about["port"]) == (served.process.pid, "127.0.0.1", served.port)


def test_open_streams_do_not_hold_a_server_that_is_told_to_stop(own: Path) -> None:
    server = Served(own)
    with listening(server.port), listening(server.port, "/api/events?after=0") as stream:
        server.stop()
        assert stream.frame() == {}
    assert "stopped" in server.said
    assert (own / "sparkq/run/server.lock").read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_that_come_while_it_ends_change_nothing(own: Path, number: int) -> None:
    server = Served(own)
    while server.process.poll() is None:
        server.process.send_signal(number)
    assert server.process.returncode == 0
    assert "stopped" in server.said
    assert "Traceback" not in server.said


def test_a_reader_that_does_not_read_does_not_hold_it_either(own: Path) -> None:
    sq = project.open(own, env={})
    queues.create(sq, "backend")
    tasks.enqueue_all(sq, "backend", [tasks.Draft("one")] * 40_000)
    sq.close()
    server = Served(own)
    with listening(server.port, "/api/events?after=0") as stream:
        seen = [-1]
        until(lambda: full(seen, unread(stream.socket)))
        server.stop()


def full(seen: list[int], now: int) -> bool:
    """Whether much is unread, and as much as the last time: the server can send no more."""
    seen.append(now)
    return now == seen[-2] > 10_000


def unread(connection: socket.socket) -> int:
    """How many bytes have arrived that nobody has read."""
    waiting = bytearray(4)
    fcntl.ioctl(connection, termios.FIONREAD, waiting)
    return int.from_bytes(waiting, sys.byteorder)


def test_the_log_goes_to_a_file_that_only_the_owner_reads(own: Path) -> None:
    file = own / "logs" / "sparkq.log"
    server = Served(own, "--log", str(file))
    server.stop()

    assert "serving" in file.read_text()
    assert S_IMODE(file.stat().st_mode) == 0o600
    assert server.said == ""


def test_the_log_is_rotated(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ROTATES, str(tmp_path / "x.log")],
        env={"PYTHONPATH": str(TOP)},
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 0
    assert sorted(file.name for file in tmp_path.glob("x.log*")) == ["x.log", "x.log.1", "x.log.2", "x.log.3"]
    assert all(file.stat().st_size <= LOG_BYTES for file in tmp_path.glob("x.log*"))
    assert LOG_FILES == 3


ROTATES = f"""
import logging, pathlib, sys
from sparkq_http.server import {log_to.__name__}
log_to(pathlib.Path(sys.argv[1]))
for _ in range(6): logging.info("x" * {LOG_BYTES - 200})
"""


def test_a_log_that_cannot_be_written_is_said(own: Path) -> None:
    done = run(own, "--log", "/proc/nowhere/x.log")

    assert done.returncode == 74
    assert "--log" in done.stderr


def test_where_mcp_cannot_be_loaded_its_requests_are_refused_and_the_rest_goes_on(own: Path) -> None:
    sdk = own / "mcp/__init__.py"  # the server's own folder is looked into first
    sdk.parent.mkdir()
    sdk.write_text("raise ImportError('upgraded meanwhile')\n")
    server = Served(own, fresh=True)
    try:
        for _ in range(2):
            assert "sparkq restart" in server.call.post("/mcp", jsonrpc="2.0").refused(503, "mcp_failed")
        with listening(server.port) as heard:
            server.call.post("/api/queues", name="backend")["queue"]
            assert heard.event()["kind"] == "queue created"
        assert "upgraded meanwhile" in server.said
    finally:
        server.process.kill()
        server.process.wait()
