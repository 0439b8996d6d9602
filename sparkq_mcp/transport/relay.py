"""Goes on in a new process, when SparkQ was upgraded while a server was waiting for its first call.

The modules that the call needs would be those of the new version beside the old ones that are loaded. So the process is
replaced: it keeps its id and its client, and is handed what was said so far in an open file.
"""

import json
import os
import sys
from collections.abc import Sequence

import sparkq_core
from sparkq_mcp.transport.opening import Replayed
from sparkq_mcp.transport.pipes import Pipes
from sparkq_mcp.transport.reception import Handover

Stamp = tuple[int, int]


def stamp() -> Stamp:
    """Return what is another one after an upgrade: the file and the time of the module that has the version."""
    assert sparkq_core.__file__ is not None
    try:
        about = os.stat(sparkq_core.__file__)
    except OSError:
        return 0, 0
    return about.st_ino, about.st_mtime_ns


def go_on(arguments: Sequence[str], client: Pipes, handover: Handover) -> None:
    """Replace this process by one of the installed version. Raises OSError if it cannot be started."""
    import tempfile  # 5 ms at import, which no other start pays

    with tempfile.TemporaryFile() as file:
        file.write(
            json.dumps([handover.replay, handover.unread.hex(), handover.unsent.hex()], ensure_ascii=True).encode()
        )
        file.seek(0)
        os.set_inheritable(file.fileno(), True)
        os.dup2(client.reads, 0)
        os.dup2(client.writes, 1)
        # -P: a folder of the repository that is called `sparkq_core` is not the package
        command = [
            sys.executable,
            "-P",
            "-m",
            "sparkq_mcp.transport.stdio",
            *arguments,
            "--handover",
            str(file.fileno()),
        ]
        os.execv(sys.executable, command)


def taken(handle: int) -> Handover:
    """Return what another process has handed over in the open file."""
    with os.fdopen(handle, "rb") as file:
        replay, unread, unsent = json.load(file)
    return Handover(tuple(Replayed(*each) for each in replay), bytes.fromhex(unread), bytes.fromhex(unsent))
