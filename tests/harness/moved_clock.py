"""Programs of the product on clocks that a test moves: a file says by how much the two clocks of the machine are ahead.

`python -m tests.harness.moved_clock FILE PROGRAM …` runs a program of `tests.harness.fork_process` on them. All processes
with the same file see each move at once.
"""

import mmap
import struct
import sys
import time
from pathlib import Path

from sparkq_core.clock import SystemClock

OFFSETS = struct.Struct("<qq")
"""Milliseconds by which the clock that can be set, and the one that cannot, are ahead."""


class MachineClocks:
    """Both clocks of a machine. As a clock of the core they show what all programs with the same file see."""

    def __init__(self, file: Path) -> None:
        self.file = file
        if not file.exists():
            file.write_bytes(OFFSETS.pack(0, 0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), OFFSETS.size)

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self._offsets()[0]

    def of_files(self, at: int) -> int:
        return at - self._offsets()[0]

    def monotonic(self) -> float:
        return self.ticks() / 1000

    def pause(self, tries: int = 0) -> None:
        SystemClock().pause(tries)

    def ticks(self) -> int:
        """Milliseconds for which the machine has run."""
        return time.monotonic_ns() // 1_000_000 + self._offsets()[1]

    def run(self, seconds: float) -> None:
        """Let time pass on the machine that runs."""
        at, ticks = self._offsets()
        self._shared[:] = OFFSETS.pack(at + round(seconds * 1000), ticks + round(seconds * 1000))

    def jump(self, seconds: float) -> None:
        """Set the clock, or let the machine sleep."""
        at, ticks = self._offsets()
        self._shared[:] = OFFSETS.pack(at + round(seconds * 1000), ticks)

    def _offsets(self) -> tuple[int, int]:
        at, ticks = OFFSETS.unpack(self._shared[:])
        return at, ticks

    def put_in(self) -> None:
        """Let this process see these clocks."""
        for name in ("now", "of_files", "monotonic"):
            setattr(SystemClock, name, lambda _, *at, name=name: getattr(self, name)(*at))


def main() -> None:
    from tests.harness.fork_process import PROGRAMS

    file, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    MachineClocks(Path(file)).put_in()
    PROGRAMS[program]()()


if __name__ == "__main__":
    main()
