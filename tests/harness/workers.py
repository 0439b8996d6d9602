"""Processes that work on a test's project at the same time as it: `tests.harness.worker_roles` says what each does."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.harness.fork_server import PipedProgram
from tests.harness.projects import TOP

WAIT = 30
"""Seconds that a worker may take to end."""


class Worker(PipedProgram):
    """A process of `tests.harness.worker_roles` on this very core: it hears and says lines."""

    def __init__(self, what: str, root: Path, *args: str, before: tuple[str, ...] = ()) -> None:
        """`before` is the module that runs it, with its arguments."""
        words = (*before, "tests.harness.worker_roles", what, str(root), *args)
        super().__init__(*words, folder=TOP, environment={**os.environ, "PYTHONPATH": str(TOP)})

    def tell(self, line: str = "go") -> None:
        """Send a line."""
        self.stdin.write(f"{line}\n".encode())
        self.stdin.flush()

    def hear(self) -> Any:
        """Wait for what the process says next."""
        line = self.stdout.readline()
        if not line:
            complaint = self.stderr.read().decode()
            raise AssertionError(f"The worker ended with {self.process.wait(WAIT)}: {complaint[-2000:]}")
        return json.loads(line)

    def end(self) -> None:
        """Let the process finish, which it must do without an error."""
        self.stdin.close()
        self.stdout.read()
        complaint = self.stderr.read()
        assert (self.process.wait(WAIT), complaint) == (0, b"")
        self.kill()


@contextmanager
def workers(count: int, what: str, root: Path) -> Iterator[list[Worker]]:
    """Some processes, all of them started and waiting for their first line; none is left behind."""
    started = [
        Worker(what, root, *([f"worker-{number}"] if what in ("drain", "decides") else [])) for number in range(count)
    ]
    try:
        assert [process.hear() for process in started] == ["ready"] * count
        yield started
        for process in started:
            process.end()
    finally:
        for process in started:
            process.kill()
