"""A suspended process holds the write lock: reads, the page and chats go on, and a writer is refused after ten seconds."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sparkq_core import project, tasks
from tests.harness.projects import TOP
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.http.test_replaced import over_mcp
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.door_workers import QUEUE, ChatWorker, CommandWorker, CoreWorker, DoorWorker, Held, RestWorker
from tests.proof.extent import EXTENT
from tests.proof.finished_run import unsound

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
HELD_SECONDS, LATER_SECONDS = 12, 5
"""How long the lock is held, and when the writers come that get their turn after it: a writer waits for 10 s."""


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


@pytest.mark.skipif(EXTENT == "test", reason="a lock is held for twelve seconds: make prove")
@holds("busy-aside", "busy-budget", "nothing-lost")
def test_a_lock_that_is_held_for_twelve_seconds_loses_nothing_at_any_door(
    root: Path, tmp_path: Path, counts: Counts
) -> None:
    """Results that come at its beginning are refused after ten seconds, and taken when they come again; tasks that come
    later wait until it is over. Reads go on at every door."""
    served = Served(new_project(root))
    served.call.post("/api/queues", name=QUEUE)["queue"]
    early, late, reader = (doors(root, served.port, tmp_path) for _ in range(3))
    try:
        held = {name: claimed(worker, name) for name, worker in early.items()}
        with ThreadPoolExecutor(2 * len(early)) as threads:
            with held_lock(root):
                end = time.monotonic() + HELD_SECONDS
                refused = {
                    name: threads.submit(worker.settle, "complete", held[name], f"result of {name}")
                    for name, worker in early.items()
                }
                reads = looks(reader, served, end - HELD_SECONDS + LATER_SECONDS)
                waiting = [threads.submit(worker.enqueue, f"late {name}", name) for name, worker in late.items()]
                reads += looks(reader, served, end)
                assert not any(writer.done() for writer in waiting)
            for writer in refused.values():
                assert str(writer.exception()) == "busy"
            ids = {writer.result() for writer in waiting}
        for name, worker in early.items():
            worker.settle("complete", held[name], f"result of {name}")
        assert len(ids) == len(late)
        with closing(project.open(root, env={})) as sq:
            for name, (task, _) in held.items():
                assert [attempt.result for attempt in tasks.detail(sq, task).attempts] == [f"result of {name}"]
            assert unsound(sq) == []
        counts(reads_while_locked=reads, writers_refused=len(refused), writers_served_later=len(ids))
        assert reads >= MANY, "the readers stood still"
    finally:
        for worker in (*early.values(), *late.values(), *reader.values()):
            worker.end()
        served.stop()


def doors(root: Path, port: int, tmp_path: Path) -> dict[str, DoorWorker]:
    """A worker at each door."""
    return {
        "core": CoreWorker(root),
        "terminal": CommandWorker(root, tmp_path / "home"),
        "rest": RestWorker(port),
        "chat": ChatWorker(root),
    }


def claimed(worker: DoorWorker, name: str) -> Held:
    """A task that the worker has just claimed."""
    worker.enqueue(f"early {name}", f"early {name}")
    held = worker.claim()
    assert held is not None
    return held


def looks(reader: dict[str, DoorWorker], served: Served, end: float) -> int:
    """Read through every door until `end`, and count."""
    chat, terminal = reader["chat"], reader["terminal"]
    assert isinstance(chat, ChatWorker)
    assert isinstance(terminal, CommandWorker)
    reads = 0
    while time.monotonic() < end:
        assert chat.queues() == [QUEUE]
        assert all(served.call.get(path).status == 200 for path in PATHS)
        assert terminal.tasks() == 4
        reads += 2 + len(PATHS)
    return reads
