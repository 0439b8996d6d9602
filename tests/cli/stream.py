"""`sparkq` that goes on while the test looks: what it prints is read from its pipe as it comes."""

import os
import select
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

from tests.harness.shell import SECONDS, SPARKQ, Shell


class Stream:
    """A command whose output comes bit by bit. Use it in a `with`: whatever happens, it is gone afterwards."""

    def __init__(self, shell: Shell, *arguments: str, program: tuple[str | Path, ...] = (SPARKQ,), **env: str) -> None:
        self.process = subprocess.Popen(
            [*map(str, program), *arguments],
            cwd=shell.folder,
            env=shell.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._pipe = self.process.stdout.fileno()
        self._raw = b""
        self._read_to = 0

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        self.stop_reading()

    def until(self, text: str) -> str:
        """Wait until `text` was printed, after what was waited for before; everything new up to its end."""
        wanted = text.encode()
        deadline = time.monotonic() + SECONDS
        while (at := self._raw.find(wanted, self._read_to)) < 0:
            assert self._more(deadline), f"{text!r} never came; it printed: {self.printed!r}"
        read = self._raw[self._read_to : at + len(wanted)]
        self._read_to = at + len(wanted)
        return read.decode()

    def kill(self, number: int = signal.SIGTERM) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait until the command has ended; its exit code."""
        deadline = time.monotonic() + SECONDS
        while self._more(deadline):
            pass
        code = self.process.wait(SECONDS)
        assert "Traceback" not in self.printed, self.printed
        return code

    def stop_reading(self) -> None:
        """Close the pipe, as a chat that has died."""
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def printed(self) -> str:
        """Everything that it printed so far."""
        return self._raw.decode(errors="replace")

    def _more(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._pipe], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"nothing more came; it printed: {self.printed!r}"
        data = os.read(self._pipe, 65536)
        self._raw += data
        return bool(data)
