"""The pipes to the client: standard input and output, taken away from everything else in the process."""

import os
import stat
import sys
from typing import NamedTuple

MAX_LINE = 8 * 1024 * 1024
"""Most bytes of one request. The longest legal one, a prompt of 1 MiB written as JSON escapes, has 6 MiB."""


class Pipes(NamedTuple):
    """The descriptors from which the client is read, and to which it is written."""

    reads: int
    writes: int


def take() -> Pipes | None:
    """Return the pipes to the client, or None if its input or output is a terminal or a file.

    From then on descriptor 0 is empty and descriptor 1 goes to stderr: a stray print cannot break the protocol.
    """
    if not (_is_pipe(0) and _is_pipe(1)):
        return None
    pipes = Pipes(os.dup(0), os.dup(1))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipes


def _is_pipe(handle: int) -> bool:
    mode = os.fstat(handle).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
