"""Programs on a terminal of their own: a pseudo-terminal whose screen the test reads and whose keys it presses."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness.fork_process import Request, own_terminal
from tests.harness.fork_server import NO_FORKS, ForkedProgram, fork_server
from tests.harness.shell import SECONDS, SPARKQ, Shell

CTRL_C = b"\x03"
CTRL_D = b"\x04"
ENTER = b"\r"


class AnyTerminal:
    """A program that runs on a terminal. Use it in a `with`: whatever happens, the program is gone afterwards."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str], *, columns: int = 100) -> None:
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        request = Request(command, str(folder), {"TERM": "xterm-256color", **environment}, on_terminal=True)
        self._process = self._start(request, side)
        self._side = os.ttyname(side)
        os.close(side)
        self._raw = b""
        self._read_to = 0

    def _start(self, request: Request, side: int) -> ForkedProgram | subprocess.Popen[bytes]:
        return subprocess.Popen(
            request.words,
            cwd=request.folder,
            env=request.environment,
            stdin=side,
            stdout=side,
            stderr=side,
            preexec_fn=own_terminal,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._main)

    def until(self, text: str) -> str:
        """Wait until `text` stands on the screen, after what was waited for before; everything new up to its end."""
        wanted = text.encode()
        deadline = time.monotonic() + SECONDS
        while (at := self._raw.find(wanted, self._read_to)) < 0:
            assert self._more(deadline), f"{text!r} never came; on the screen: {self.screen!r}"
        read = self._raw[self._read_to : at + len(wanted)]
        self._read_to = at + len(wanted)
        return read.decode()

    def until_true(self, holds: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Wait until something is true, and read meanwhile: a program that nobody reads comes to a stop."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"it did not come true in time; on the screen: {self.screen!r}"
            if select.select([self._main], [], [], 0.02)[0]:
                assert self._more(deadline), f"the program has ended; on the screen: {self.screen!r}"

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        self.press(f"{line}\r".encode())

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._main, keys)

    def taken(self) -> None:
        """Wait until the command has read what was typed: it is past its start-up, where Ctrl-C is Python's."""
        deadline = time.monotonic() + SECONDS
        side = os.open(self._side, os.O_RDONLY | os.O_NOCTTY)
        try:
            while struct.unpack("i", fcntl.ioctl(side, termios.FIONREAD, b"\0" * 4))[0]:
                assert time.monotonic() < deadline, f"it does not read; on the screen: {self.screen!r}"
                select.select([], [], [], 0.01)
        finally:
            os.close(side)

    def close(self) -> int:
        """Close the terminal, as its window is closed, and wait until the command has ended; its exit code."""
        os.close(self._main)
        self._main = os.open(os.devnull, os.O_RDONLY)
        return self._process.wait(SECONDS)

    def end(self) -> int:
        """Wait until the command has ended; its exit code."""
        deadline = time.monotonic() + SECONDS
        while self._more(deadline):
            pass
        code = self._process.wait(SECONDS)
        assert b"Traceback" not in self._raw, self.screen
        return code

    def break_off(self, key: bytes = CTRL_C, *, then: bytes = ENTER) -> int:
        """Press Ctrl-C or Ctrl-D once at a question, and wait until the command has ended; its exit code.

        When Ctrl-C comes just before Python begins to read, Python raises it only after the read: `then` ends the read.
        """
        self.press(key + then if key == CTRL_C else key)
        return self.end()

    @property
    def screen(self) -> str:
        """Everything that was shown so far, with the terminal's line ends."""
        return self._raw.decode(errors="replace")  # the end of a character may still come

    def _more(self, deadline: float) -> bool:
        """Read what comes next; False when the command has closed the terminal."""
        ready, _, _ = select.select([self._main], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"nothing more came; on the screen: {self.screen!r}"
        try:
            data = os.read(self._main, 65536)
        except OSError:  # Linux says so when the last process has closed the other side
            return False
        self._raw += data
        return bool(data)


class Terminal(AnyTerminal):
    """`sparkq` on a terminal."""

    fresh = NO_FORKS
    """Whether the command starts from nothing."""

    def __init__(self, shell: Shell, *arguments: str, columns: int = 100, **env: str) -> None:
        super().__init__([str(SPARKQ), *arguments], shell.folder, shell.environment(**env), columns=columns)

    def _start(self, request: Request, side: int) -> ForkedProgram | subprocess.Popen[bytes]:
        return super()._start(request, side) if self.fresh else fork_server("sparkq").start(request, side, side, side)


class FreshTerminal(Terminal):
    """A terminal whose command is not forked: for what happens before its first statement and after its last."""

    fresh = True


def shown(shell: Shell, *arguments: str, columns: int = 100, **env: str) -> str:
    """What a command that asks nothing shows on a terminal."""
    with Terminal(shell, *arguments, columns=columns, **env) as terminal:
        assert terminal.end() == 0, terminal.screen
        return terminal.screen


def editor(folder: Path, script: str) -> str:
    """A program for $EDITOR that does `script` to its file, $1."""
    program = folder / "editor.sh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)
