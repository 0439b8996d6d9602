"""`sparkq start`, `stop`, `restart`, `run`, `status`: one server a project, found by the lock that it holds."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sparkq_cli import service
from sparkq_core.config.settings import Config
from sparkq_core.project import SparkQ, id_of
from tests.cli.stream import Stream
from tests.harness.projects import TOP
from tests.harness.shell import SECONDS, Shell
from tests.harness.task_steps import add
from tests.harness.waiting import until
from tests.promises import holds


@pytest.fixture
def server(shell: Shell) -> Iterator[Shell]:
    """A shell whose server is stopped afterwards."""
    yield shell
    shell.sparkq("stop")


@contextmanager
def another_program() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def health(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    finally:
        connection.close()


def status(shell: Shell) -> dict[str, Any]:
    """What `sparkq status` says, whether one runs (0) or not (1)."""
    done = shell.sparkq("status", "--json")
    answer: dict[str, Any] = json.loads(done.out)
    assert done.code == (not answer["running"])
    return answer


@holds("command-start", "command-status")
def test_start_returns_when_it_answers_and_says_where(server: Shell, port: int) -> None:
    printed = server.ok("start", "--port", str(port))

    assert health(port) == 200
    assert f"http://127.0.0.1:{port}" in printed
    log = server.folder / "sparkq/logs/sparkq.log"
    assert str(log) in printed
    assert f"serving project at http://127.0.0.1:{port}" in log.read_text()
    assert "answers" in server.ok("status")


@holds("command-start")
def test_a_second_start_says_that_it_runs_and_starts_nothing(server: Shell, port: int) -> None:
    first = server.facts("start", "--port", str(port))

    assert "is running already" in server.ok("start", "--port", str(port + 1))
    assert server.facts("start")["pid"] == first["pid"]
    assert server.refused(4, "run").startswith("sparkq: The server of this project is running already.")


@holds("command-stop")
def test_stop_ends_it_and_again_is_harmless(server: Shell, port: int) -> None:
    server.ok("start", "--port", str(port))

    assert server.ok("stop") == "The server has stopped.\n"

    with pytest.raises(ConnectionRefusedError):
        health(port)
    assert server.ok("stop") == "No server was running.\n"
    assert server.sparkq("status").code == 1


STARTING = """
import json, os, sys
from pathlib import Path
from sparkq_core.files import lock
file = Path(sys.argv[1])
file.parent.mkdir(parents=True)
handle = lock.acquire(file, wait=False)
for said in ("holds the lock", "said who it is"):
    print(said, flush=True)
    sys.stdin.readline()
    about = {"pid": os.getpid(), "host": "127.0.0.1", "port": 1, "started_at": "2026-01-01T00:00:00.000Z"}
    os.pwrite(handle, json.dumps(about).encode(), 0)
"""
"""A server as its lock file shows it: it says who it is only when it is told to, and then goes on until a signal."""


def test_a_server_that_is_starting_is_stopped_once_it_says_who_it_is(shell: Shell, sq: SparkQ) -> None:
    def heard() -> str:
        assert starting.stdout is not None
        return starting.stdout.readline()

    class Asked(Config):
        """Settings that let the server say who it is when somebody looks at its lock for the third time."""

        looks = 0

        @property
        def run_dir(self) -> Path:
            Asked.looks += 1
            if Asked.looks == 3:
                print("go on", file=starting.stdin, flush=True)
                assert heard() == "said who it is\n"
            return super().run_dir

    file = sq.config.run_dir / "server.lock"
    with subprocess.Popen(
        [sys.executable, "-c", STARTING, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TOP
    ) as starting:
        assert heard() == "holds the lock\n"

        assert service.stop(Asked(*sq.config))

        assert (starting.wait(), service.running(sq.config)) == (-signal.SIGTERM, None)


@holds("command-restart")
def test_restart_starts_what_does_not_run_and_replaces_what_does(server: Shell, port: int) -> None:
    first = server.facts("restart", "--port", str(port))
    second = server.facts("restart", "--port", str(port))

    assert first["pid"] != second["pid"]
    assert health(port) == 200


@holds("command-status")
def test_the_lock_of_a_server_that_was_killed_does_not_lie(server: Shell, port: int) -> None:
    pid = server.facts("start", "--port", str(port))["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not status(server)["running"])

    assert "The server is not running" in server.sparkq("status").out
    assert server.facts("start", "--port", str(port))["pid"] != pid


def test_what_is_written_of_another_process_is_not_believed(server: Shell, sq: SparkQ) -> None:
    folder = server.folder / "sparkq/run"
    folder.mkdir()
    about = {"pid": os.getpid(), "host": "127.0.0.1", "port": 1, "started_at": "2026-01-01T00:00:00.000Z"}
    (folder / "server.lock").write_text(json.dumps(about))

    assert server.ok("stop") == "No server was running.\n"
    assert server.sparkq("status").code == 1


def test_a_server_is_found_by_the_settings_of_the_config_table(server: Shell, port: int) -> None:
    server.ok("config", "set", "queue_runner.lock_dir", "other")
    server.ok("start", "--port", str(port))
    assert (server.folder / "other" / "server.lock").is_file()

    assert status(server)["port"] == port
    assert "other/server.lock" in server.ok("teardown", "--dry-run")
    assert "server.lock" in server.sparkq("doctor").out
    assert server.facts("stop")["stopped"] is True
    assert not status(server)["running"]


def test_a_folder_of_the_repository_is_not_taken_for_a_package(server: Shell, port: int) -> None:
    for name in ("uvicorn", "sparkq_http", "apsw"):
        (server.folder / name).mkdir()
        (server.folder / name / "__init__.py").write_text("raise SystemExit('the repository was imported')\n")

    server.ok("start", "--port", str(port))

    assert health(port) == 200


def test_projects_that_share_a_folder_for_locks_have_servers_of_their_own(
    server: Shell, port: int, tmp_path: Path
) -> None:
    other = Shell(tmp_path / "other", server.home)
    other.folder.mkdir()
    other.ok("setup", "--yes")
    for each in (server, other):
        each.ok("config", "set", "queue_runner.lock_dir", str(tmp_path / "locks"))
    server.ok("start", "--port", str(port))

    assert other.sparkq("status").code == 1
    assert other.ok("stop") == "No server was running.\n"
    assert status(server)["port"] == port


@pytest.mark.parametrize("harm", ["damaged", "newer"])
def test_what_runs_is_asked_although_the_database_cannot_be_opened(shell: Shell, sq: SparkQ, harm: str) -> None:
    if harm == "newer":
        sq.db.connection().pragma("user_version", 99)
    sq.close()
    if harm == "damaged":
        sq.config.database.write_bytes(b"once upon a time " * 1000)

    assert not status(shell)["running"]
    assert shell.facts("stop") == {"running": False, "stopped": False}
    assert "sparkq.db" in shell.ok("teardown", "--dry-run")


@holds("command-start")
@pytest.mark.parametrize("command", ["start", "run"])
def test_a_port_in_use_is_named_with_another_to_take(server: Shell, command: str) -> None:
    with another_program() as taken:
        message = server.refused(4, command, "--port", str(taken))

    assert f"Port {taken} of 127.0.0.1 cannot be used" in message
    assert f"--port {taken + 1}" in message
    assert server.sparkq("status").code == 1


@pytest.mark.parametrize(("command", "address"), [("start", "192.0.2.1"), ("run", "no.such.host.invalid")])
def test_an_address_of_another_machine_is_no_matter_of_the_port(server: Shell, command: str, address: str) -> None:
    message = server.refused(2, command, "--host", address)

    assert f"of {address} cannot be used" in message
    assert "--host 127.0.0.1" in message
    assert "--port" not in message


@holds("command-run")
@pytest.mark.parametrize("command", ["start", "restart", "run"])
def test_an_environment_that_is_none_is_refused(server: Shell, command: str) -> None:
    assert "dev, test, prod" in server.refused(2, command, "--env", "staging")


@holds("server-without-files", "command-stop")
def test_stop_ends_a_server_whose_files_were_removed(server: Shell, port: int) -> None:
    """As `git clean -fdx` does it: nothing in the project says any more that a server runs."""
    at = {"SPARKQ_SERVER__PORT": str(port)}
    server.ok("start", **at)
    for folder in ("data", "run", "logs"):
        shutil.rmtree(server.folder / "sparkq" / folder)

    assert server.ok("stop", **at) == "The server has stopped.\n"

    with pytest.raises(ConnectionRefusedError):
        health(port)
    assert "rescue" in server.ok("restore", "--list")


@holds("server-without-files")
@pytest.mark.parametrize("command", ["stop", "start"])
def test_a_server_whose_lock_was_removed_is_found_again(server: Shell, port: int, command: str) -> None:
    at = {"SPARKQ_SERVER__PORT": str(port)}
    server.ok("start", **at)
    shutil.rmtree(server.folder / "sparkq/run")

    said = server.ok(command, **at)

    assert ("has stopped" if command == "stop" else "is running already") in said


def test_stop_leaves_another_program_at_the_address_alone(shell: Shell) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()

        assert "No server was running." in shell.ok("stop", SPARKQ_SERVER__PORT=str(other.server_port))
        other.shutdown()


def test_stop_leaves_the_server_of_another_project_alone(server: Shell, port: int, tmp_path: Path) -> None:
    server.ok("start", "--port", str(port))
    (tmp_path / "other").mkdir()
    other = Shell(tmp_path / "other", server.home)
    other.ok("setup", "--yes")

    assert "No server was running." in other.ok("stop", SPARKQ_SERVER__PORT=str(port))
    assert health(port) == 200


@holds("right-project")
def test_status_prints_the_address_of_mcp_with_the_project(server: Shell, port: int, sq: SparkQ) -> None:
    server.ok("start", "--port", str(port))
    address = f"http://127.0.0.1:{port}/mcp?project={id_of(sq)}"

    assert f"MCP over HTTP: {address}" in server.ok("status")
    assert status(server)["mcp_url"] == address


@holds("flags", "command-run")
def test_run_serves_in_the_foreground_until_ctrl_c(server: Shell, port: int) -> None:
    with Stream(server, "run", "--port", str(port), "--env", "prod") as run:
        run.until(f"serving project at http://127.0.0.1:{port}")
        until(lambda: bool(status(server)["healthy"]))
        assert status(server)["port"] == port
        run.kill(signal.SIGINT)
        assert run.end() == 0


@holds("flags")
def test_flags_go_before_the_environment_and_that_before_the_file(server: Shell, port: int) -> None:
    done = server.sparkq("start", "--port", str(port), "--json", SPARKQ_SERVER__PORT="1", SPARKQ_SERVER__HOST="::1")

    assert json.loads(done.out)["url"] == f"http://[::1]:{port}"


def test_a_server_on_every_address_says_where_its_token_is_and_what_can_be_opened(server: Shell, port: int) -> None:
    printed = server.ok("start", "--host", "0.0.0.0", "--port", str(port))

    file = server.folder / "sparkq/run/server.token"
    assert str(file) in printed
    assert file.read_text().strip() not in printed
    assert f"at http://127.0.0.1:{port} " in printed
    assert f"http://{socket.gethostname()}:{port}/login\n" in printed
    running = status(server)
    assert (running["token_file"], running["url"]) == (str(file), f"http://127.0.0.1:{port}")


def test_start_where_nothing_was_set_up_says_what_to_do(bare: Shell) -> None:
    for command in ("start", "restart", "run"):
        assert "sparkq setup" in bare.refused(3, command)
    assert list(bare.folder.iterdir()) == []


def test_a_log_that_cannot_be_written_is_a_storage_error(server: Shell) -> None:
    (server.folder / "sparkq/logs").write_text("a file")

    assert "sparkq.log" in server.refused(74, "start")


def test_everything_but_the_page_works_without_a_server(server: Shell, sq: SparkQ) -> None:
    add(sq, "one")

    server.ok("claim")
    server.ok("complete", "1", "done")

    assert "queues work without it" in server.sparkq("status").out


def test_a_broken_pipe_does_not_end_the_server(shell: Shell, port: int) -> None:
    """The command line lets a closed pipe end a command; a server outlives its readers."""
    with Stream(shell, "run", "--port", str(port)) as running:
        until(lambda: answers(port))
        running.kill(signal.SIGPIPE)
        assert answers(port)
        assert running.process.poll() is None


def answers(port: int) -> bool:
    try:
        return health(port) == 200
    except OSError:
        return False
