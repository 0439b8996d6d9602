"""`sparkq run`: the HTTP server in the foreground. `sparkq start` runs the same in the background.

One server a project, by a lock that the operating system holds; what the lock file says of the server is true while
the lock is held, and nothing once it is not.
"""

import json
import logging
import os
import socket
import sys
from argparse import ArgumentParser
from ipaddress import ip_address

import uvicorn

from sparkq_core import lock, project
from sparkq_core.clock import SystemClock, iso
from sparkq_core.errors import InvalidConfig, SparkQError
from sparkq_core.project import SparkQ

log = logging.getLogger("sparkq.http")
ALREADY_RUNNING, ADDRESS_IN_USE = 4, 69


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = ArgumentParser(prog="sparkq run")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--env", choices=("dev", "test", "prod"))
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        sys.exit(serve(adjusted(project.open(), options.host, options.port, options.env)))
    except SparkQError as error:
        sys.exit(f"sparkq: {error.message}\n        {error.hint}")


def adjusted(sq: SparkQ, host: str | None, port: int | None, env: str | None) -> SparkQ:
    """The project with what the command line says over its configuration. Raises InvalidConfig."""
    settings = sq.config.settings
    server = settings.server._replace(host=host or settings.server.host, port=port or settings.server.port)
    if not loopback(server.host):
        raise InvalidConfig(
            f"server.host is {server.host}, which other machines can reach.",
            "Use 127.0.0.1: whoever can enqueue steers Claude.",
        )
    changed = settings._replace(server=server, env=env or settings.env)
    return sq._replace(config=sq.config._replace(settings=changed))


def loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def serve(sq: SparkQ) -> int:
    """Hold the project's server lock, listen, serve; returns the exit code."""
    from sparkq_http.app import create_app

    host, port = sq.config.settings.server.host, sq.config.settings.server.port
    file = sq.config.run_dir / "server.lock"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = lock.acquire(file, wait=False)
    if handle is None:
        sys.stderr.write("sparkq: The server of this project is running already.\n        See: sparkq status\n")
        return ALREADY_RUNNING
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        sys.stderr.write(
            f"sparkq: Port {port} of {host} cannot be used: {error.strerror}.\n        Take another: --port {port + 1}, or server.port in sparkq.yml.\n"
        )
        return ADDRESS_IN_USE
    about = {"pid": os.getpid(), "host": host, "port": port, "started_at": iso(SystemClock().now())}
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(about).encode(), 0)
    config = uvicorn.Config(create_app(sq), log_config=None, access_log=False, timeout_graceful_shutdown=3)
    log.info("serving %s at http://%s:%s", sq.config.name, host, port)
    uvicorn.Server(config).run(sockets=[listener])
    os.ftruncate(handle, 0)
    return 0


if __name__ == "__main__":
    main()
