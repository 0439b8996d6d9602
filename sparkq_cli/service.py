"""Start, find and stop the background server, by the lock that it holds."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from socket import gethostname
from typing import NamedTuple

from sparkq_core import project
from sparkq_core.config.settings import Config
from sparkq_core.errors import EXIT_CODES, Busy, Kind, SparkQError, StorageError
from sparkq_core.files import lock

START_SECONDS = 20.0
STOP_SECONDS = 10.0
LOST_SECONDS = 10.0
LOST = ("replaced", "no_project", "database_gone")
"""The errors of a server whose database was removed."""

OK = 200
MAX_ANSWER = 64 * 1024


class NotStarted(SparkQError):
    """The server ended before it answered, for a reason of the settings or of the machine."""

    code = "not_started"


class AddressTaken(SparkQError):
    """Another program has the address, or another server of this project the lock."""

    kind, code = Kind.CONFLICT, "address_taken"


class Running(NamedTuple):
    """A server that holds the lock now. All is None until it has written its address. With a `token_file` its requests need
    the token: from other machines, or from this one where the system does not show whose program sends them."""

    pid: int | None = None
    host: str | None = None
    port: int | None = None
    started_at: str | None = None
    token_file: str | None = None

    @property
    def url(self) -> str | None:
        """Return the address for this machine."""
        return self._at({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host or "", self.host))

    @property
    def is_local(self) -> bool:
        """True if only this machine can reach it."""
        return self.host is not None and (self.host in ("localhost", "::1") or self.host.startswith("127."))

    @property
    def login_url(self) -> str:
        """Return the address that opens the page in a browser of this machine, with the token."""
        try:
            token = Path(self.token_file or "").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            token = "…"
        return f"{self.url}/login?token={token}"

    @property
    def far_url(self) -> str | None:
        """Return the address for other machines, with the host's name where the server listens on every address."""
        return self._at(gethostname() if self.host in ("0.0.0.0", "::") else self.host)

    def _at(self, host: str | None) -> str | None:
        return host and f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def running(config: Config) -> Running | None:
    """Return the project's server, or None. The lock file counts only while its writer holds the lock."""
    file = config.run_dir / "server.lock"
    if not lock.is_held(file):
        return None
    try:
        about = json.loads(file.read_text(encoding="utf-8"))
        server = Running(int(about["pid"]), str(about["host"]), int(about["port"]), str(about["started_at"]))
        return server._replace(token_file=about.get("token_file"))
    except (OSError, ValueError, KeyError):
        return Running()


def once_started(config: Config) -> Running | None:
    """Return the project's server, after waiting while it is starting. Raises Busy."""
    if running(config) is None:
        _await_lost(config)
    _until(START_SECONDS, lambda: (server := running(config)) is None or healthy(server))
    return running(config)


def healthy(server: Running) -> bool:
    """True if the server answers."""
    return health(server) is not None


def health(server: Running) -> Mapping[str, str] | None:
    """Return what the server answers about itself and its project, or None if it does not answer."""
    status, about = _ask(server)
    return about if status == OK else None


def _ask(server: Running) -> tuple[int, Mapping[str, str]]:
    """Return the status and the JSON of what the server answers about itself; 0 if it does not answer."""
    if server.host is None:
        return 0, {}
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection(server.host, server.port, timeout=2)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        about = json.loads(response.read(MAX_ANSWER))
    except (OSError, HTTPException, ValueError):
        return 0, {}
    else:
        return response.status, about if isinstance(about, dict) else {}
    finally:
        connection.close()


def _await_lost(config: Config) -> bool:
    """Wait for a server of the project whose lock was removed, as `git clean -fdx` does, until it has taken it again.

    Returns False if there is none. Raises Busy.
    """
    if not _is_lost(config):
        return False
    if not _until(LOST_SECONDS, lambda: running(config) is not None or not _is_lost(config)):
        port = config.settings.server.port
        raise Busy(
            f"A server at port {port} has lost its lock in {config.run_dir}, and does not take it again.",
            "End it by its process, which `ss -ltnp` or `lsof -i` shows.",
        )
    return True


def _is_lost(config: Config) -> bool:
    """True if a server that holds no lock of the project answers at its address: for its database, or for none."""
    address = config.settings.server
    status, about = _ask(Running(host=address.host, port=address.port))
    if status != OK:
        return about.get("error") in LOST
    try:
        sq = project.open(config.root)
    except SparkQError:
        return False
    try:
        return about.get("project_id") == project.id_of(sq)
    finally:
        sq.close()


def start(config: Config, arguments: list[str]) -> Running:
    """Start the server in the background and wait until it answers. Raises StorageError, NotStarted, AddressTaken."""
    try:
        config.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = config.log.open("ab")
    except OSError as error:
        raise StorageError(f"{config.log} cannot be written: {error.strerror}.", "Correct logs.path.") from error
    with log:
        before = log.tell()
        process = subprocess.Popen(  # -P: a folder of the repository that is called `mcp` is not the package
            [sys.executable, "-P", "-m", "sparkq_http.server", "--log", str(config.log), *arguments],
            cwd=config.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    in_time = _until(START_SECONDS, lambda: process.poll() is not None or _answers(config, process.pid))
    server = running(config)
    if not in_time or process.returncode is not None or server is None:
        if process.poll() is None:
            process.kill()
        raise _refused(process.returncode, config.log, before)
    return server


def _refused(code: int | None, log: Path, before: int) -> SparkQError:
    """Return the error that says why the server did not start, from its log."""
    lines = log.read_bytes()[before:].decode(errors="replace").strip().splitlines()
    kind = AddressTaken if code == EXIT_CODES[Kind.CONFLICT] else NotStarted
    at = next((at for at, line in enumerate(lines) if line.startswith("sparkq: ")), None)
    if at is None:
        return kind("The server did not start.", f"See {log}." if not lines else f"It said: {lines[-1]}")
    return kind(
        f"The server did not start. {lines[at].removeprefix('sparkq: ')}", "".join(lines[at + 1 : at + 2]).strip()
    )


def _answers(config: Config, pid: int) -> bool:
    server = running(config)
    return server is not None and server.pid == pid and healthy(server)


def stop(config: Config) -> bool:
    """End the server, if one runs, and wait until it has released the lock. Return whether there was one.

    A server that is starting is given time to write its process id, and one whose lock was removed to take it again. Raises
    Busy if it does not end.
    """
    if running(config) is None:
        was_lost = _await_lost(config)
        if running(config) is None:
            return was_lost
    _until(START_SECONDS, lambda: (server := running(config)) is None or server.pid is not None)
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 3.0)):
        if _until(seconds, partial(_gone, config, number, set())):
            return True
    raise Busy("The server does not stop.", "Try again; `sparkq status` shows it.")


def _gone(config: Config, number: int, signalled: set[int]) -> bool:
    """True if no server runs; otherwise send the signal, once to each process."""
    server = running(config)
    if server is None:
        return True
    if server.pid is not None and server.pid not in signalled:
        signalled.add(server.pid)
        try:
            os.kill(server.pid, number)
        except ProcessLookupError:  # it has just ended by itself
            return False
        except PermissionError as error:
            raise Busy("The server belongs to another user.", f"Stop process {server.pid} as that user.") from error
    return False


def _until(seconds: float, condition: Callable[[], bool]) -> bool:
    """Check a condition every 50 ms; True if it holds before the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()
