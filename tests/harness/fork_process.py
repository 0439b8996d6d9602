"""A process that has imported one program and forks it on request: `tests.harness.fork_server` starts it and says why."""

import atexit
import fcntl
import gc
import json
import os
import selectors
import signal
import socket
import sys
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import NamedTuple

import apsw

REQUEST_BYTES = 32 * 1024
"""Bytes of an input, which a pipe takes at once, and of a request."""

STREAMS = 3


class Request(NamedTuple):
    """The start of one program: its arguments, folder and environment, and whether its streams are a terminal."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    on_terminal: bool = False

    def encoded(self) -> bytes:
        return json.dumps(self).encode()


def serve_forks(line: socket.socket) -> bool:
    """Fork the program for every request, and report its process id and its end. Return True in a fork, and False in the
    server when the tests have closed the connection."""
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    selector.unregister(key.fd)
                    _ended(key.fd, *key.data)
                    continue
                said, streams, _, _ = socket.recv_fds(line, REQUEST_BYTES, STREAMS + 1)
                if not said:
                    return False
                *theirs, reports = streams
                pid = os.fork()
                if pid == 0:
                    others = [(key.fd, key.data[1]) for key in selector.get_map().values() if key.data is not None]
                    for stream in (reports, *(handle for pair in others for handle in pair)):
                        os.close(stream)
                    line.close()
                    _become(Request(*json.loads(said)), theirs)
                    return True
                for process in theirs:
                    os.close(process)
                os.write(reports, f"{pid} ".encode())
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, reports))


def _ended(handle: int, pid: int, reports: int) -> None:
    os.close(handle)
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(reports, f"{os.waitstatus_to_exitcode(status)} ".encode())
    os.close(reports)


def _become(request: Request, streams: list[int]) -> None:
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    if request.on_terminal:
        own_terminal()
        assert isinstance(sys.stdout, TextIOWrapper)
        sys.stdout.reconfigure(line_buffering=True)  # as Python does where it finds a terminal when it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = request.words
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)


def _run(main: Callable[[], object]) -> None:
    """Run the program and end as Python does, except that its modules are not torn down: that would copy every page
    which the forks share, and take more time than a short command. After an error Python ends as ever."""
    try:
        main()
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            raise
        code = end.code or 0
    else:
        code = 0
    threading._shutdown()  # type: ignore[attr-defined]  # what Python itself calls here
    atexit._run_exitfuncs()
    gc.collect()  # the program's own objects; what was there before the fork is frozen
    for connection in apsw.connections():
        connection.close()  # the last one at a database removes its log
    with suppress(OSError, ValueError):  # otherwise Python reports it
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def own_terminal() -> None:
    """Make the terminal on standard input that of a new session: Ctrl-C reaches the program as a signal."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _command_line() -> Callable[[], object]:
    from sparkq_cli.command_list import COMMANDS, module_name
    from sparkq_cli.main import main

    commands = COMMANDS.keys() - {"demo", "mcp"}  # these import the SDK: as much again
    for module in ("typer.core", *map(module_name, commands)):  # `main` imports them when it runs
        import_module(module)
    return main


def _http() -> Callable[[], object]:
    from sparkq_http import app, server

    for module in (  # `main` imports them when it runs
        "anyio._backends._asyncio",
        "uvicorn.lifespan.on",
        "uvicorn.loops.auto",
        "sparkq_http.token",
        "sparkq_mcp.transport.http",
    ):
        import_module(module)
    list(app.routers())
    return server.main


def _mcp() -> Callable[[], object]:
    from sparkq_mcp.transport import stdio

    import_module("sparkq_mcp.server")  # `main` imports it when it runs
    return stdio.main


def _worker() -> Callable[[], object]:
    from tests.harness import worker_roles

    return lambda: worker_roles.main(*sys.argv[1:])


def _on_moved_clocks() -> Callable[[], object]:
    from tests.harness import moved_clock

    for program in ("sparkq", "sparkq_http.server", "sparkq_mcp.transport.stdio", "tests.harness.worker_roles"):
        PROGRAMS[program]()
    return moved_clock.main


PROGRAMS = {
    "sparkq": _command_line,
    "sparkq_http.server": _http,
    "sparkq_mcp.transport.stdio": _mcp,
    "tests.harness.worker_roles": _worker,
    "tests.harness.moved_clock": _on_moved_clocks,
}


if __name__ == "__main__":
    main = PROGRAMS[sys.argv[1]]()
    gc.collect()
    gc.freeze()  # what all have in common is nobody's to collect
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[2])) as asked:
        is_program = serve_forks(asked)
    if is_program:
        _run(main)
