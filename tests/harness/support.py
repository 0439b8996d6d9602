"""What many tests share: a clock that stands still, a project in a folder, and short words for the usual verbs."""

import json
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sparkq_core import project, queues, tasks
from sparkq_core.clock import Clock, SystemClock
from sparkq_core.config.location import DATABASE
from sparkq_core.errors import SparkQError
from sparkq_core.model import Attempt, Claim, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from tests.harness.warm import Piped

TOP = Path(__file__).parent.parent.parent
"""The folder that holds `tests` and `sparkq_core`: the checkout, or a copy with a planted defect."""

WAIT = 30
"""Seconds that a worker may take to end."""

NOON = 1_700_000_000_000
SECOND = 1000
HOUR = 3600


class SetClock:
    """A clock that stands until a test moves it."""

    def __init__(self, now_ms: int = NOON) -> None:
        self.at = now_ms

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, tries: int = 0) -> None:  # noqa: ARG002  # as the core's clock has it
        time.sleep(0.0003)

    def move(self, seconds: float) -> None:
        """Later by `seconds`, or earlier."""
        self.at += round(seconds * SECOND)


class HastyClock(SetClock):
    """A clock whose waits cost nothing: each pause counts as a second, and is asked for with the tries before it."""

    waited = 0.0
    tries = -1

    def monotonic(self) -> float:
        return self.waited

    def pause(self, tries: int = 0) -> None:
        self.tries = tries
        self.waited += 1.0


def database_of(root: Path) -> Path:
    """Where the database of a project without sparkq.yml stands."""
    return root / DATABASE


def made(root: Path, clock: Clock | None = None) -> SparkQ:
    """A new project in `root`, open, by default on the machine's clock."""
    clock = clock or SystemClock()
    place(root, clock)
    return project.open(root, env={}, clock=clock)


def place(root: Path, clock: Clock) -> None:
    """A new project in `root`: a copy of one that `schema.create` has made, since that costs 10 ms each time."""
    if database_of(root).parent.exists():
        schema.create(database_of(root), "test", clock)
        return
    for name, mode, written in _new_project(clock.now() if isinstance(clock, SetClock) else None):
        if written is None:
            (root / name).mkdir(mode)
        else:
            with open(os.open(root / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as copy:
                copy.write(written)


@cache
def _new_project(at: int | None) -> list[tuple[str, int, bytes | None]]:
    """The folders and files of a project that was made at this time, or now: name, mode, content of a file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        schema.create(database_of(root), "test", SystemClock() if at is None else SetClock(at))
        return [
            (str(one.relative_to(root)), stat.S_IMODE(one.stat().st_mode), None if one.is_dir() else one.read_bytes())
            for one in sorted(root.rglob("*"))
        ]


def another(sq: SparkQ) -> SparkQ:
    """A second handle on the same file, as another process would have: its own connection, the same clock."""
    return project.open(sq.config.root, env={}, clock=sq.clock)


def add(sq: SparkQ, *prompts: str, queue: str = "backend", timeout: int = 60) -> list[int]:
    """Enqueue prompts; their ids."""
    drafts = [tasks.Draft(prompt, timeout=timeout) for prompt in prompts]
    return [one.task.id for one in tasks.enqueue_all(sq, queue, drafts)]


def take(sq: SparkQ, worker: str = "ann", *, queue: str = "backend", task_id: int | None = None) -> Claim:
    """Claim what must be there to claim."""
    claim = tasks.claim(sq, queue, worker, task_id=task_id)
    assert claim is not None
    return claim


def taken(sq: SparkQ, prompt: str = "one", *, worker: str = "ann", timeout: int = 60) -> Task:
    """A new task in the queue "backend", claimed."""
    (task_id,) = add(sq, prompt, timeout=timeout)
    return take(sq, worker, task_id=task_id).task


def timed_out(sq: SparkQ, clock: SetClock, *, timeout: int = 60) -> Task:
    """A task whose worker was silent for two timeouts."""
    task = taken(sq, timeout=timeout)
    clock.move(timeout)
    tasks.get(sq, task.id)
    clock.move(timeout)
    return tasks.get(sq, task.id)


def attempts(sq: SparkQ, task_id: int) -> tuple[Attempt, ...]:
    """Every attempt of a task."""
    return tasks.detail(sq, task_id).attempts


def timeline(sq: SparkQ, task_id: int) -> list[str]:
    """The kinds of a task's events, oldest first."""
    return [event.kind for event in tasks.detail(sq, task_id).events]


def line(sq: SparkQ, queue: str = "backend") -> list[int]:
    """The ids that wait in the queue, in the order in which they will be claimed."""
    return [task.id for task in tasks.peek(sq, queue, 100).tasks]


def waiting(sq: SparkQ, queue: str = "backend") -> int:
    """How many tasks of the queue are queued, by its counters."""
    return next(counts.queued for one, counts in queues.all_of(sq, archived=True) if one.name == queue)


def refusal_of(verb: Callable[[], object]) -> SparkQError | None:
    """What a verb was refused with, None when it went through."""
    try:
        verb()
    except SparkQError as refusal:
        return refusal
    return None


class Worker(Piped):
    """A process of `tests.harness.workers` on this very core: it hears and says lines."""

    def __init__(self, what: str, root: Path, *args: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(TOP)}
        super().__init__("tests.harness.workers", what, str(root), *args, folder=TOP, environment=environment)

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
        self.gone()


@contextmanager
def workers(count: int, what: str, root: Path) -> Iterator[list[Worker]]:
    """Some processes, all of them started and waiting for their first line; none is left behind."""
    started = [Worker(what, root, *([f"worker-{number}"] if what == "drain" else [])) for number in range(count)]
    try:
        assert [one.hear() for one in started] == ["ready"] * count
        yield started
        for one in started:
            one.end()
    finally:
        for one in started:
            one.gone()
