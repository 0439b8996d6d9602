"""Run the command of a check in a shell: pass its output on as it comes, keep the end, and stop it with its children.

It has no input and a session of its own, so that nothing in it waits for a terminal, and one signal reaches all of it.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from sparkq_cli.check_guard import Guard
from sparkq_core.errors import StorageError

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BLOCK_BYTES = 64 * 1024
LOOK_SECONDS = 0.2
"""How often is looked whether the command has ended although a process that it left has its output, or whether to stop."""

GRACE_SECONDS = 5.0
"""How long after the signal that stops it a command is killed."""


class Result(NamedTuple):
    """How a command ended: its exit code as a shell says it, the end of its output, and the signal that broke it off."""

    exit_code: int
    tail: bytes
    stopped: int | None = None


def run(command: str, folder: Path, most: int, output: int, beat: Callable[[], None]) -> Result:
    """Run a command in a folder, and write what it prints to the file descriptor `output`. `most` bytes of it are kept.

    `beat` is called again and again while it runs.
    SIGINT, SIGTERM and SIGHUP stop it. If this process is killed, it ends too. Raises StorageError if it cannot be started.
    """
    sys.stdout.flush()
    with _stops() as stops, Guard() as guard:
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise StorageError(f"The check cannot be started in {folder}: {error.strerror}.", "Look there.") from error
        guard.watch(process.pid)
        with process:
            return _followed(process, stops, _Output(output, most), beat)


def _followed(
    process: "subprocess.Popen[bytes]", stops: list[int], output: "_Output", beat: Callable[[], None]
) -> Result:
    assert process.stdout is not None
    pipe, stopper = process.stdout.fileno(), _Stopper(process, stops)
    while True:
        stopper.look()
        beat()
        if select.select([pipe], [], [], LOOK_SECONDS)[0]:
            if not (block := os.read(pipe, BLOCK_BYTES)):
                break
            output.add(block, stops)
        elif process.poll() is not None:
            break  # a process that it left has the pipe
    process.stdout.close()
    while (code := _exit_code(process)) is None:
        stopper.look()
        beat()
    stopper.end()
    return Result(code if code >= 0 else 128 - code, output.tail, stops[0] if stops else None)


def _exit_code(process: "subprocess.Popen[bytes]") -> int | None:
    """Return how the command ended; None if it has not within a moment."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(LOOK_SECONDS)
    return None


class _Stopper:
    """Passes the first signal on to the command and its children, and kills them if they do not end."""

    def __init__(self, process: "subprocess.Popen[bytes]", stops: list[int]) -> None:
        self._process = process
        self._stops = stops
        self._until: float | None = None

    def look(self) -> None:
        if self._stops and self._until is None:
            self._until = time.monotonic() + GRACE_SECONDS
            self._send(self._stops[0])
        elif self._until is not None and time.monotonic() > self._until:
            self._send(signal.SIGKILL)

    def end(self) -> None:
        """Kill what a command that was stopped has left: a shell lets the programs behind it ignore Ctrl-C."""
        if self._until is not None:
            self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # it is over, or another user's
            os.killpg(self._process.pid, number)


@contextmanager
def _stops() -> Iterator[list[int]]:
    """Yield the signals that came to end this process, to which they do nothing else. Ignored ones stay ignored."""
    came: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in ENDING if signal.getsignal(number) != signal.SIG_IGN}
    pipe = signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a reader that is gone must not end the check
    try:
        yield came
    finally:
        signal.signal(signal.SIGPIPE, pipe)
        for number, handler in before.items():
            signal.signal(number, handler)


class _Output:
    """Passes output on until nobody reads it, and keeps its end."""

    def __init__(self, descriptor: int, most: int) -> None:
        self._descriptor: int | None = descriptor
        self._kept: deque[bytes] = deque()
        self._most = most
        self._size = 0

    @property
    def tail(self) -> bytes:
        return b"".join(self._kept)[-self._most :]

    def add(self, block: bytes, stops: list[int]) -> None:
        self._kept.append(block)
        self._size += len(block)
        while self._size - len(self._kept[0]) >= self._most:
            self._size -= len(self._kept.popleft())
        try:
            while block and self._descriptor is not None and not stops:
                if select.select([], [self._descriptor], [], LOOK_SECONDS)[1]:
                    block = block[os.write(self._descriptor, block[: select.PIPE_BUF]) :]  # so much never blocks
        except OSError:
            self._descriptor = None
