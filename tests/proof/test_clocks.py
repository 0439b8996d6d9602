"""Clocks that jump by hours and weeks, and a machine that sleeps: nothing fails, goes or is shown before its time.

The programs are real, and the clocks of all of them move at once. The truth is for how long the machine ran.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkq_core import project, queues
from tests.harness.clocks import HOUR
from tests.harness.fork_server import PipedProgram
from tests.harness.moved_clock import MachineClocks
from tests.harness.projects import TOP
from tests.harness.workers import Worker
from tests.http.caller import Caller
from tests.http.conftest import new_project
from tests.promises import holds
from tests.proof.clock_ledger import Ledger
from tests.proof.counts import Counts
from tests.proof.door_workers import QUEUE, ChatWorker, DoorWorker, Held, Refused, RestWorker
from tests.proof.extent import BROKEN, EXTENT, extent
from tests.proof.finished_run import unsound
from tests.proof.household import Server

STORIES = extent(1, 8, 80)
SEED = time.time_ns() if EXTENT in ("soak", BROKEN) else 5
DAY = 24 * HOUR
JUMPS = (HOUR, -HOUR, 40 * DAY, -40 * DAY, 31 * DAY, -31 * DAY, 8 * HOUR, 45)
SPIKES = (HOUR, -HOUR, 40 * DAY, 31 * DAY)
RUNS = (5, 29, 61, 301, 899, HOUR)
STEP = 600
"""Seconds of running time between two looks, at most as many as a look counts."""

ACTS = {"enqueue": 8, "claim": 8, "settle": 5, "review": 3, "jump": 12, "run": 12}
TEXTS = ((), ("tasks",), ("review", "--list"), ("queue", "list"), ("watch", "--once"))
PATHS = ("/api/tasks?limit=50", "/api/inbox", "/api/queues", "/api/statistics")
TOOLS = ("list_queues", "list_tasks")


class Machine:
    """A project whose programs all run on the same moved clocks."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clocks = MachineClocks(folder / "clocks")
        self.root = new_project(folder / "project")
        self.home = folder
        self.before = ("tests.harness.moved_clock", str(self.clocks.file))
        self.sq = project.open(self.root, env={}, clock=self.clocks)
        queues.create(self.sq, QUEUE)
        self.ledger = Ledger(self.sq, self.clocks)
        self.held: list[tuple[DoorWorker, Held]] = []
        self.texts: dict[tuple[int, int], str] = {}
        self._number = 0
        self.rounds = Worker("rounds_on_request", self.root, before=self.before)
        assert self.rounds.hear() == "ready"
        self.rounds.tell()
        self.server = Server(self.root, folder / "server.out", folder, before=self.before)
        self.chat = ChatWorker(self.root, 30, self.before)
        self.workers: list[DoorWorker] = [
            self.chat,
            ChatWorker(self.root, 300, self.before),
            RestWorker(self.server.port, 900),
        ]

    def end(self) -> None:
        for worker in self.workers:
            worker.end()
        self.server.process.kill()
        self.server.process.wait()
        self.rounds.kill()
        self.sq.close()

    # Time

    def jump(self) -> None:
        self.clocks.jump(self.chance.choice(JUMPS))

    def spike(self) -> None:
        """Set the clock wrong for one look."""
        seconds = self.chance.choice(SPIKES)
        self.clocks.jump(seconds)
        self.look()
        self.run(1)
        self.clocks.jump(-seconds)

    def run(self, seconds: float | None = None) -> None:
        """Let the machine run, with a look of some process at each step."""
        left = self.chance.choice(RUNS) if seconds is None else seconds
        while left > 0:
            self.clocks.run(min(left, STEP))
            left -= STEP
            self.rounds.tell()
            self.rounds.hear()
            self.ledger.check()

    # Work

    def enqueue(self) -> None:
        self._number += 1
        self.chance.choice(self.workers).enqueue(f"task {self._number}", str(self._number))

    def claim(self) -> None:
        worker = self.chance.choice(self.workers)
        if (held := worker.claim()) is not None:
            self.held.append((worker, held))

    def settle(self) -> None:
        """Settle, in time or too late: the text is kept."""
        if not self.held:
            return
        self._number += 1
        worker, held = self.held.pop(self.chance.randrange(len(self.held)))
        text = f"result {self._number}"
        try:
            worker.settle(self.chance.choice(("complete", "fail")), held, text)
        except Refused as refusal:
            if str(refusal) not in ("claim_lost", "wrong_state", "purged"):
                raise
        self.texts[held] = text

    def review(self) -> None:
        ended = self.sq.db.rows("SELECT id FROM tasks WHERE finished_at IS NOT NULL AND reviewed_at IS NULL")
        if ended:
            self.command("review", str(self.chance.choice(ended)[0]))

    def act(self, name: str) -> None:
        getattr(self, name)()
        self.ledger.check()

    # Looks

    def command(self, *words: str) -> str:
        """What a command shows, all of it."""
        program = PipedProgram(
            *(*self.before, "sparkq", "-C", str(self.root), *words),
            folder=TOP,
            environment={"PYTHONPATH": str(TOP), "HOME": str(self.home), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )
        program.stdin.close()
        shown = program.stdout.read() + program.stderr.read()
        program.kill()
        return shown.decode()

    def look(self) -> None:
        """Read what one of the doors shows."""
        door = self.chance.choice(("text", "rest", "chat"))
        if door == "text":
            self.ledger.check_text(self.command(*self.chance.choice(TEXTS)))
        elif door == "rest":
            path = self.chance.choice((*PATHS, f"/api/tasks/{self.chance.randint(1, 8)}"))
            self.ledger.check_facts(Caller(self.server.port).get(path).facts)
        else:
            self.ledger.check_facts(self.chat.asked(self.chance.choice(TOOLS)))
        self.ledger.check()


@contextmanager
def machine(folder: Path, seed: int) -> Iterator[Machine]:
    (folder / "project").mkdir(parents=True)
    built = Machine(folder, seed)
    try:
        yield built
    finally:
        built.end()


@holds("purge-one-look", "purge-never-open-work", "auto-fail-after-sleep", "clock-set-back")
@pytest.mark.parametrize("seed", range(SEED, SEED + STORIES))
def test_a_clock_that_jumps_ends_nothing_before_its_time(tmp_path: Path, counts: Counts, seed: int) -> None:
    """One thing after another, so that a seed tells the same story again; in the end comes a day of looks after weeks away."""
    with machine(tmp_path / "one", seed) as built:
        acts = [name for name, often in ACTS.items() for _ in range(often)]
        built.chance.shuffle(acts)
        for act in acts:
            built.act(act)
            built.look()
        for _ in range(4):
            built.settle()
        built.clocks.jump(31 * DAY)
        for _ in range(26):
            built.run(HOUR)
            if built.chance.random() < 0.3:
                built.spike()
            built.look()
        assert not built.ledger.violations, (seed, built.ledger.violations)
        assert kept(built) == []
        assert unsound(built.sq) == []
        counts(built.ledger.figures, stories=1)


def kept(built: Machine) -> list[str]:
    """The results whose task is there and that are on none of its attempts."""
    present = {task for (task,) in built.sq.db.rows("SELECT id FROM tasks")}
    texts = {
        text
        for row in built.sq.db.rows("SELECT result, error, late_text FROM attempts")
        for text in row
        if text is not None
    }
    return [f"#{held[0]}: {text}" for held, text in built.texts.items() if held[0] in present and text not in texts]
