"""`sparkq run`: the HTTP server in the foreground. `sparkq start` runs the same in the background.

Each project has at most one server, by a lock of the operating system. The lock file describes the server. Its content
is valid only while the lock is held.
"""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from sparkq_core import project
from sparkq_core.clock import SystemClock, iso
from sparkq_core.config.loading import environment
from sparkq_core.config.ownership import own_users
from sparkq_core.errors import EXIT_CODES, Kind, SparkQError, StorageError
from sparkq_core.project import SparkQ
from sparkq_http import peer
from sparkq_http.connection import Connection
from sparkq_http.project import Opener, ReloadableProject
from sparkq_http.server_lock import ServerLock, is_abandoned

if TYPE_CHECKING:
    from fastapi import FastAPI

    from sparkq_http.app import Guest

log = logging.getLogger("sparkq.http")
LAST_PORT = 65535
STOP_SECONDS = 2
DATE_SECONDS = 1.0
PARTING_SECONDS = 0.3
LOG_BYTES, LOG_FILES = 5 * 1024 * 1024, 3


class Server(uvicorn.Server):
    """uvicorn's server that sleeps while idle, ends waiting requests when it stops, and exits with code 0 after a signal.

    It stops by itself when `is_abandoned`, which it asks once a second.
    """

    def __init__(self, config: uvicorn.Config, end_waits: Callable[[], None], is_abandoned: Callable[[], bool]) -> None:
        super().__init__(config)
        self._end_waits = end_waits
        self._is_abandoned = is_abandoned
        self._signalled = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again at the end: a traceback at Ctrl-C, and never exit code 0.
        loop = asyncio.get_running_loop()
        for sig in HANDLED_SIGNALS:
            signal.signal(sig, lambda *_: loop.call_soon_threadsafe(self._stop))
        try:
            yield
        finally:
            for sig in HANDLED_SIGNALS:
                signal.signal(sig, signal.SIG_IGN)  # a second one must not stop it from saving a lost database

    def _stop(self) -> None:
        # uvicorn's own breaks the end off at a second Ctrl-C, with a traceback. This end takes STOP_SECONDS at most.
        self.should_exit = True
        self._signalled.set()

    async def main_loop(self) -> None:
        # uvicorn's own wakes ten times a second to look for a signal. This one wakes at the signal, and once a second
        # because on_tick(0) renews the Date header.
        while not await self.on_tick(0) and not self._ends():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._signalled.wait(), DATE_SECONDS)

    def _ends(self) -> bool:
        try:
            return self._is_abandoned()
        except SparkQError as error:
            log.warning("the lock of the server cannot be taken again: %s", error.message)
            return False

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Otherwise each open page, and each chat that waits for a task, would delay the stop to its time limit.
        self._end_waits()
        asyncio.get_running_loop().call_later(PARTING_SECONDS, self._abort_blocked_connections)
        await super().shutdown(sockets)

    def _abort_blocked_connections(self) -> None:
        """Close the connections whose client does not read its answer."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection) and connection.flow is not None and connection.flow.write_paused:
                connection.transport.abort()


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = ArgumentParser(prog="sparkq run")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--env", choices=("dev", "test", "prod"))
    parser.add_argument("--log", type=Path, help="write the log to this file, which is rotated")
    options = parser.parse_args(arguments)
    # SIGPIPE ends a command. A client that disconnects must not end the server.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        log_to(options.log)
        sys.exit(serve(lambda: with_options(project.open(), options.host, options.port, options.env)))
    except SparkQError as error:
        sys.stderr.write(f"sparkq: {error.message}\n        {error.hint}\n")
        sys.exit(EXIT_CODES[error.kind])


def log_to(file: Path | None) -> None:
    """Log to stderr, or to `file`, rotated at 5 MiB with three old files kept. Raises StorageError."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handler = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
            file.chmod(0o600)
        except OSError as error:
            raise StorageError(f"{file} cannot be written: {error.strerror}.", "Correct --log.") from error
    line_format = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, handlers=[handler], format=line_format)
    for name in ("uvicorn", "mcp"):
        logging.getLogger(name).setLevel(logging.WARNING)  # the server logs its own start and stop


def with_options(sq: SparkQ, host: str | None, port: int | None, env: str | None) -> SparkQ:
    """Return the project with the options of the command line, which override its configuration."""
    settings = sq.config.settings
    server = settings.server._replace(host=host or settings.server.host, port=port or settings.server.port)
    changed = settings._replace(server=server, env=env or settings.env)
    return sq._replace(config=sq.config._replace(settings=changed))


def is_loopback(host: str) -> bool:
    """True if only this machine can reach the address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def guests(opener: Opener) -> list["Guest"]:
    """Return the other doors that are served here too: MCP at /mcp."""
    from sparkq_http.app import Guest
    from sparkq_mcp.transport.http import guest

    return [Guest(*guest(opener))]


def _unusable(error: OSError, port: int) -> tuple[int, str]:
    """Return the exit code and the hint for an address that cannot be used."""
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return EXIT_CODES[
            Kind.INVALID
        ], "Choose an address of this machine: --host 127.0.0.1, or server.host in sparkq.yml."
    if error.errno == errno.EACCES:
        return (
            EXIT_CODES[Kind.INVALID],
            "Ports below 1024 need root. Choose a higher one: --port 5005, or server.port in sparkq.yml.",
        )
    other = port + 1 if port < LAST_PORT else port - 1
    return EXIT_CODES[Kind.CONFLICT], f"Choose another: --port {other}, or server.port in sparkq.yml."


def serve(opener: Opener) -> int:
    """Take the server lock of the project and serve until a signal. Returns the exit code. Raises StorageError."""
    reloadable = ReloadableProject(opener)
    settings = reloadable.sq.config.settings.server
    held = ServerLock.acquire(reloadable.sq.config.run_dir)
    if held is None:
        sys.stderr.write("sparkq: The server of this project is running already.\n        See: sparkq status\n")
        return EXIT_CODES[Kind.CONFLICT]
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        code, advice = _unusable(error, settings.port)
        sys.stderr.write(
            f"sparkq: Port {settings.port} of {settings.host} cannot be used: {error.strerror}.\n        {advice}\n"
        )
        return code
    app = _app(reloadable, opener, held)
    Server(
        uvicorn.Config(
            app,
            log_config=None,
            http=Connection,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        ),
        app.state.close,
        lambda: is_abandoned(held, reloadable),
    ).run(sockets=[listener])
    if (copy := reloadable.rescue()) is not None:
        log.warning("the database was removed or replaced: what it had is in %s", copy)
    held.release()
    log.info("stopped")
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket on the address. Raises OSError."""
    # asyncio turns Nagle's delay off only if the protocol is named. Otherwise every answer waits 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _app(reloadable: ReloadableProject, opener: Opener, held: ServerLock) -> "FastAPI":
    """Create the application, and write into the lock's file and the log where it is served."""
    from sparkq_http import token
    from sparkq_http.app import create_app

    config = reloadable.sq.config
    host, port = config.settings.server.host, config.settings.server.port
    users = own_users(environment()) if is_loopback(host) else frozenset()
    is_open = bool(users) and peer.can_identify()
    app = create_app(
        reloadable,
        token=token.read_or_create(config.run_dir),
        users=users,
        guests=guests(opener) if config.settings.server.mcp else (),
    )
    held.describe(
        {
            "pid": os.getpid(),
            "host": host,
            "port": port,
            "started_at": iso(SystemClock().now()),
            "token_file": None if is_open else str(config.run_dir / token.FILE),
        }
    )
    log.info("serving %s at http://%s:%s", config.name, f"[{host}]" if ":" in host else host, port)
    if config.is_remembered:
        log.warning("there is no sparkq.yml in %s: its settings are used as they were last read", config.root)
    if not is_open:
        who = "programs of this machine" if users else "other machines"
        log.warning("%s can reach it with the token in %s", who, config.run_dir / token.FILE)
    return app


if __name__ == "__main__":
    main()
