"""A suspended process holds the write lock: reads, the page and chats go on, and a writer is refused after ten seconds."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.projects import TOP
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.http.test_replaced import over_mcp
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.extent import EXTENT

SUSPENDED = """
import signal, sys
from sparkq_core import project
from pathlib import Path
with project.open(Path(sys.argv[1]), env={}).db.write():
    print("held", flush=True)
    signal.raise_signal(signal.SIGSTOP)
"""
PATHS = ("/", "/api/queues", "/api/tasks?queue=backend", "/api/inbox", "/api/tasks/1", "/api/health")
MANY = 25
WRITERS = 5


@contextmanager
def held_lock(root: Path) -> Iterator[None]:
    """The write lock in the hands of a suspended process, which is killed at the end."""
    holder = subprocess.Popen([sys.executable, "-c", SUSPENDED, str(root)], cwd=TOP, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()


@pytest.mark.skipif(EXTENT == "test", reason="a lock is held for ten seconds: make prove")
@holds("busy-aside", "busy-budget")
def test_a_suspended_process_stops_only_those_who_write(root: Path, counts: Counts) -> None:
    served = Served(new_project(root))
    try:
        served.call.post("/api/queues", name="backend")["queue"]
        served.call.add("backend")
        over_mcp(served, "list_queues")  # the first call over MCP loads it
        with ThreadPoolExecutor(WRITERS) as threads, held_lock(root):
            refused = [
                threads.submit(served.call.post, "/api/tasks", queue="backend", prompt="x") for _ in range(WRITERS)
            ]
            rounds = 0
            while not all(writer.done() for writer in refused):
                assert all(served.call.get(path).status == 200 for path in PATHS)
                assert over_mcp(served, "list_queues")["queues"][0]["queued"] == 1
                rounds += 1
            for writer in refused:
                writer.result().refused(503, "busy")
            counts(reads_while_locked=rounds * (len(PATHS) + 1), writers_refused=WRITERS)
            assert rounds >= MANY, "the server stood still"
        with ThreadPoolExecutor(WRITERS) as threads:
            with held_lock(root):
                served_later = [threads.submit(served.call.add, "backend") for _ in range(WRITERS)]
                assert served.call.get("/api/queues").status == 200
            assert len({writer.result() for writer in served_later}) == WRITERS
    finally:
        served.stop()
