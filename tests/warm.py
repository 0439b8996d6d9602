"""`sparkq` without its start-up: forked from a process that has imported the command line and done nothing else.

Four fifths of what a short command costs is Python reading modules, and the tests run well over a thousand of them. A
forked command is a process like any other, with its own folder, environment, pipes and connections; only what comes
before the first statement of `main` is not its own. What is about that, about signals, terminals or encodings starts
its command from nothing, and so does all of `make prove`.
"""

import atexit
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

ROOM = 32 * 1024
"""Bytes of an input, which a pipe takes at once, and of a request."""

STREAMS = 3


class Warm:
    """The process that has imported everything, from which commands are forked."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
                env=environment,
                cwd=folder,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.PIPE,  # as every forked command has: Python looks at its streams when it starts
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        atexit.register(self.end)

    def run(self, request: bytes, stdin: bytes, seconds: float) -> tuple[int, bytes, bytes]:
        """Run `sparkq` to its end: its exit code, and what it printed on stdout and stderr. Raises TimeoutExpired."""
        (reads, writes), *outputs = (os.pipe() for _ in range(STREAMS + 1))
        os.write(writes, stdin)
        os.close(writes)
        theirs = [reads, *(end for _, end in outputs)]
        try:
            socket.send_fds(self._line, [request], theirs)
        finally:
            for one in theirs:
                os.close(one)
        out, err, ended = _read([end for end, _ in outputs], time.monotonic() + seconds)
        _, code = ended.split()  # nothing there: it was killed, or never began
        return int(code), out, err

    def end(self) -> None:
        """Let the process go."""
        self._line.close()
        self._process.communicate()


def _read(ends: list[int], deadline: float) -> list[bytes]:
    """Everything that comes out of these pipes until the last writer has closed them."""
    found = dict.fromkeys(ends, b"")
    with selectors.DefaultSelector() as selector:
        for end in ends:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                os.kill(int(found[ends[-1]].split()[0]), signal.SIGKILL)
                raise subprocess.TimeoutExpired("sparkq", 0, *list(found.values())[:2])
            for key, _ in ready:
                part = os.read(key.fd, 1 << 16)
                found[key.fd] += part
                if not part:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return list(found.values())


def forked(line: socket.socket) -> int | None:
    """Fork a command for every request. It returns in a command, with where to say its exit code; and in the process
    itself when nobody is there any more who could ask."""
    while True:
        request, streams, _, _ = socket.recv_fds(line, ROOM, STREAMS + 1)
        if not request:
            return None
        if os.fork() == 0:
            break
        for one in streams:
            os.close(one)
    line.close()
    for target, one in enumerate(streams[:STREAMS]):
        os.dup2(one, target)
        os.close(one)
    os.set_inheritable(streams[STREAMS], False)
    os.write(streams[STREAMS], f"{os.getpid()} ".encode())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv, folder, environment = json.loads(request)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    return streams[STREAMS]


if __name__ == "__main__":
    from typer import core  # noqa: F401  # `main` imports it when it runs

    from sparkq_cli.main import main
    from sparkq_cli.rooms import ROOMS, module

    for command in ROOMS.keys() - {"demo", "mcp"}:  # these import the SDK: as much again
        import_module(module(command))
    gc.freeze()  # what all have in common is nobody's to collect
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        ended = forked(asked)
    if ended is not None:
        code = 1
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            raise
        finally:
            os.write(ended, str(code).encode())
