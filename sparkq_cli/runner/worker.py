"""The name of a runner as a worker: it stays the same when the network gives the machine another host name.

The first host name is remembered in the folder of the project's locks, and those that came later beside it: a task that
was claimed under one of them is still this machine's.
"""

import os
import re
from socket import gethostname

from sparkq_core.files import lock
from sparkq_core.project import SparkQ

FILE = "runner-hosts.lock"
"""One host name a line. The file is its own lock, since several runners may start at once."""

HOST = re.compile(r"[^\s\x00-\x1f\x7f]{1,64}", re.ASCII)
MOST = 50
"""How many names are remembered: the first and the newest."""


def hosts(sq: SparkQ) -> tuple[str, ...]:
    """Return the host names that this machine has had, the first one first, and remember the present one.

    Raises StorageError if they cannot be remembered.
    """
    handle = lock.acquire(sq.config.run_dir / FILE, wait=True)
    assert handle is not None
    try:
        known = _read(handle)
        host = gethostname() or "localhost"
        if host not in known:
            known = [*known[:1], *known[1:][-(MOST - 2) :], host]
            _write(handle, known)
        return tuple(known)
    finally:
        os.close(handle)


def _read(handle: int) -> list[str]:
    text = os.pread(handle, 100 * MOST, 0).decode(errors="replace")
    return [line for line in text.splitlines() if HOST.fullmatch(line)][:MOST]


def _write(handle: int, names: list[str]) -> None:
    text = "".join(f"{name}\n" for name in names).encode()
    os.pwrite(handle, text, 0)
    os.ftruncate(handle, len(text))


def name(hosts: tuple[str, ...], queue: str) -> str:
    """Return the worker's name for a queue."""
    return f"worker-{hosts[0]}-{queue}"


def is_own(hosts: tuple[str, ...], worker: str | None) -> bool:
    """True if this machine's runner claimed under this name, for whatever queue: a queue may be renamed."""
    return worker is not None and any(worker.startswith(f"worker-{host}-") for host in hosts)
