"""End a command whose starter is killed. The starter cannot: SIGKILL leaves it no moment for it.

A shell in a session of its own reads a pipe that only the starter holds open. When the pipe ends without a last line, the
starter is gone, and the shell ends the command with its children: by SIGTERM, and by SIGKILL if they are there after 5 s.
"""

import subprocess
from contextlib import suppress
from types import TracebackType
from typing import Self

SCRIPT = """
read -r group || exit 0
read -r over && exit 0
kill -s TERM -- "-$group" || exit 0
for second in 1 2 3 4 5; do
    sleep 1
    kill -s 0 -- "-$group" || exit 0
done
kill -s KILL -- "-$group"
"""


class Guard:
    """Ends a process group if this process is killed inside the `with`. Where no shell can be started it does nothing."""

    def __init__(self) -> None:
        self._shell: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shell is not None:
            self._say("over")
            with suppress(OSError):
                self._shell.communicate()

    def watch(self, group: int) -> None:
        """Say which process group it is."""
        self._say(str(group))

    def _say(self, line: str) -> None:
        if self._shell is not None and self._shell.stdin is not None:
            with suppress(OSError):  # somebody ended the shell
                self._shell.stdin.write(f"{line}\n".encode())
                self._shell.stdin.flush()
