"""Start the product's programs without their start-up: fork them from processes that have only imported them.

Four fifths of the time of a short command, and most of a server's start, is Python importing modules, and the tests start
more than a thousand programs. A forked program is a process like any other, with its own folder, environment, pipes and
connections; only the part before the first statement of `main` is not its own, and the teardown of modules after its last.
A test of these parts, of signals, of terminals or of encodings starts a fresh program, and so do all tests of `make prove`.
"""

import atexit
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from weakref import finalize

from tests.harness.fork_process import Request

NO_FORKS = "PROOF_EXTENT" in os.environ or sys.platform != "linux"
"""Whether every program starts from nothing."""


class ForkedProgram:
    """A running program, with the part of `subprocess.Popen` that the tests use. It is thread-safe."""

    def __init__(self, reports: int) -> None:
        self._told = reports
        self._heard = b""
        self._reads = threading.Lock()
        finalize(self, os.close, reports)
        os.set_blocking(reports, False)
        while b" " not in self._heard:
            self._hear(None)
        self.pid = int(self._heard.split()[0])

    @property
    def returncode(self) -> int | None:
        """Return the exit code, or minus the signal that ended it; None while no call has noticed the end."""
        words = self._heard.split()
        return int(words[1]) if len(words) > 1 else None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.returncode) is None:
            self._hear(None if end is None else max(0.0, end - time.monotonic()))
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _hear(self, seconds: float | None) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._told, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise subprocess.TimeoutExpired("a forked program", seconds or 0)
        with self._reads, suppress(BlockingIOError):
            part = os.read(self._told, 64)
            self._heard += part
            assert part or self.returncode is not None, "the process that forks is gone"


class ForkServer:
    """A process that has imported one program and forks it on request."""

    def __init__(self, program: str, environment: dict[str, str], folder: Path) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.fork_process", program, str(theirs.fileno())],
                env=environment,
                cwd=folder,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.PIPE,  # as every forked program has: Python looks at its streams when it starts
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        atexit.register(self.end)

    def start(self, request: Request, stdin: int, stdout: int, stderr: int) -> ForkedProgram:
        """Start the program with these streams, which stay the caller's too."""
        reports, theirs = os.pipe()
        try:
            socket.send_fds(self._line, [request.encoded()], [stdin, stdout, stderr, theirs])
        finally:
            os.close(theirs)
        return ForkedProgram(reports)

    def run(self, request: Request, stdin: bytes, seconds: float) -> tuple[int, bytes, bytes]:
        """Run the program to its end. Return its exit code, stdout and stderr. Raises TimeoutExpired."""
        (reads, writes), (out, out_theirs), (err, err_theirs) = os.pipe(), os.pipe(), os.pipe()
        os.write(writes, stdin)
        os.close(writes)
        try:
            program = self.start(request, reads, out_theirs, err_theirs)
        finally:
            for stream in (reads, out_theirs, err_theirs):
                os.close(stream)
        end = time.monotonic() + seconds
        printed = _read([out, err], end)
        if printed is None:
            program.kill()
            raise subprocess.TimeoutExpired(request.words, seconds)
        return program.wait(max(1.0, end - time.monotonic())), printed[0], printed[1]

    def end(self) -> None:
        """End the process."""
        self._line.close()
        self._process.communicate()


def _read(ends: list[int], deadline: float) -> list[bytes] | None:
    """Read these pipes until the last writer has closed them. Return None if that takes too long."""
    read = dict.fromkeys(ends, b"")
    with selectors.DefaultSelector() as selector:
        for end in ends:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            for key, _ in ready:
                part = os.read(key.fd, 1 << 16)
                read[key.fd] += part
                if not part:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return list(read.values())


@cache
def fork_server(program: str) -> ForkServer:
    """Return the fork server of a program, one for each process of the tests."""
    top = Path(__file__).parent.parent.parent
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PYTHONPATH": str(top)}
    return ForkServer(program, environment, top)


def start_module(
    module: str,
    *arguments: str,
    folder: Path,
    environment: dict[str, str],
    streams: tuple[int, int, int],
    fresh: bool = False,
) -> ForkedProgram | subprocess.Popen[bytes]:
    """Start `python -m module …` with these streams; a `fresh` one is not forked."""
    if fresh or NO_FORKS:
        stdin, stdout, stderr = streams
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.Popen(command, cwd=folder, env=environment, stdin=stdin, stdout=stdout, stderr=stderr)
    return fork_server(module).start(Request([module, *arguments], str(folder), environment), *streams)


class PipedProgram:
    """`python -m module …` with a pipe for each of its streams."""

    def __init__(self, module: str, *arguments: str, folder: Path, environment: dict[str, str]) -> None:
        (reads, writes), (out, theirs), (err, also_theirs) = os.pipe(), os.pipe(), os.pipe()
        self.stdin, self.stdout, self.stderr = os.fdopen(writes, "wb"), os.fdopen(out, "rb"), os.fdopen(err, "rb")
        streams = (reads, theirs, also_theirs)
        try:
            self.process = start_module(module, *arguments, folder=folder, environment=environment, streams=streams)
        finally:
            for stream in streams:
                os.close(stream)

    def kill(self) -> None:
        """End it at once and close its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.stdin, self.stdout, self.stderr):
            with suppress(BrokenPipeError):
                pipe.close()
