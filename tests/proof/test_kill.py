"""Whatever is killed or stopped, whenever: what was acknowledged is there, and no task runs twice for nothing.

Servers, chats and sweepers are killed at random while clients work through REST and MCP. Each client keeps a journal
of what it was told; in the end the project must agree with every line of it.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.errors import SparkQError
from sparkq_core.installation import backup
from sparkq_core.model import Event
from sparkq_core.project import SparkQ
from tests.harness.projects import TOP, database_of
from tests.harness.waiting import until
from tests.harness.workers import Worker
from tests.http.caller import Caller, free_port
from tests.http.conftest import new_project
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.door_workers import ChatWorker, CoreWorker, DoorWorker, Gone, Held, Refused, RestWorker
from tests.proof.extent import EXTENT, extent
from tests.proof.finished_run import moves, twice, unsound
from tests.proof.journal import Entry, Journal

SECONDS = extent(4, 30, 300)
TIMEOUT = 1
SEED = 7 if EXTENT != "soak" else time.time_ns()
ANSWERS_TO_LATECOMERS = {"claim_lost", "wrong_state"}


class Stage:
    """The project, the processes that may be killed, and the figures."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.over = threading.Event()
        self.figures: Counter[str] = Counter()
        self.killed = 0
        self.chats: list[ChatWorker] = []
        self.workers: list[CoreWorker] = []
        self._listening: list[threading.Thread] = []
        self.server = self._server()
        self.sweepers = [self._sweeper() for _ in range(2)]
        self.calm()

    def calm(self) -> None:
        """Wait until the server serves."""

        def serves() -> bool:
            assert self.server.poll() is None, (self.root / "server.out").read_text()[-2000:]
            with suppress(OSError):
                return Caller(self.port).get("/health").status == 200
            return False

        until(serves)

    def _server(self) -> "subprocess.Popen[bytes]":
        with (self.root / "server.out").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "sparkq_http.server", "--port", str(self.port)],
                cwd=self.root,
                env={**os.environ, "PYTHONPATH": str(TOP)},
                stdout=out,
                stderr=out,
            )

    def _sweeper(self) -> Worker:
        sweeper = Worker("keeps_up", self.root)
        self._listening.append(threading.Thread(target=_drained, args=(sweeper,)))
        self._listening[-1].start()
        return sweeper

    def wreck(self) -> None:
        """Kill or stop somebody at random moments for the seconds of this run, and on until one a second was killed.

        Whoever was killed is started again.
        """
        chance, end = random.Random(SEED), time.monotonic() + SECONDS
        while not self.over.wait(chance.uniform(0.02, 0.35)):
            if time.monotonic() > end and self.killed >= SECONDS:
                return
            victims = {
                "servers": self.server.pid,
                "chats": chance.choice(self.chats).pid,
                "workers": chance.choice(self.workers).pid,
                "sweepers": chance.choice(self.sweepers).process.pid,
            }
            who = chance.choice(list(victims))
            with suppress(ProcessLookupError):
                if chance.random() < 0.3:
                    os.kill(victims[who], signal.SIGSTOP)
                    time.sleep(chance.uniform(0.01, 0.6))
                    os.kill(victims[who], signal.SIGCONT)
                    self.figures["stops"] += 1
                else:
                    os.kill(victims[who], signal.SIGKILL)
                    self.figures[f"killed {who}"] += 1
                    self.killed += 1
            self.mend()

    def mend(self) -> None:
        """Start again what was killed; chats are started by whoever speaks to them."""
        if self.server.poll() is not None:
            self.server = self._server()
        for number, sweeper in enumerate(self.sweepers):
            if sweeper.process.poll() is not None:
                self.sweepers[number] = self._sweeper()

    def end(self) -> None:
        """End every process."""
        self.over.set()
        for chat in self.chats:
            chat.end()
        for worker in self.workers:
            worker.end()
        for sweeper in self.sweepers:
            sweeper.process.kill()
        self.server.kill()
        self.server.wait()
        for thread in self._listening:
            thread.join()


def _drained(sweeper: Worker) -> None:
    """Read what a sweeper says until it is gone, so that it never waits for a reader."""
    with suppress(OSError, AssertionError):
        sweeper.hear()
        sweeper.tell()
        while True:
            sweeper.hear()
    sweeper.kill()


@pytest.fixture
def stage(root: Path) -> Iterator[Stage]:
    sq = project.open(new_project(root), env={})
    queues.create(sq, "backend")
    sq.close()
    built = Stage(root)
    try:
        yield built
    finally:
        built.end()


def live(stage: Stage, hand: DoorWorker, name: str, journal: Journal) -> None:
    """Enqueue, claim and settle until it is over, noting each acknowledgement; what got lost on the way is asked again."""
    chance = random.Random(f"{SEED} {name}")
    for number in count():
        if stage.over.is_set():
            return
        prompt = f"{name} {number}"
        task = insist(stage, partial(hand.enqueue, prompt, prompt))
        if task is not None:
            journal.acknowledged("enqueued", task, 0, prompt)
        try:
            held = hand.claim()
        except Gone:
            stage.figures["answers lost"] += 1
            continue
        if held is not None:
            journal.acknowledged("claimed", held.task, held.attempt, name)
            verb = "complete" if chance.random() < 0.8 else "fail"
            settle(stage, hand, journal, verb, held, f"{verb} by {name} in {number}")


def settle(stage: Stage, hand: DoorWorker, journal: Journal, verb: str, held: Held, text: str) -> None:
    """Settle until an answer comes; one that came too late is noted as that."""
    try:
        if insist(stage, partial(settled, hand, verb, held, text)):
            journal.acknowledged(verb, held.task, held.attempt, text)
    except Refused as refusal:
        if str(refusal) not in ANSWERS_TO_LATECOMERS:
            raise
        journal.acknowledged(f"late {verb}", held.task, held.attempt, text)


def settled(hand: DoorWorker, verb: str, held: Held, text: str) -> bool:
    """Settle; true when that was acknowledged."""
    hand.settle(verb, held, text)
    return True


def insist(stage: Stage, verb: Callable[[], int | bool]) -> int | None:
    """Do it until there is an answer, or it is over."""
    while not stage.over.is_set():
        try:
            return verb()
        except Gone:
            stage.figures["answers lost"] += 1
            time.sleep(0.02)
    return None


def requeue(stage: Stage) -> None:
    """The person: whatever failed goes back into the line."""
    sq = project.open(stage.root, env={})
    while not stage.over.wait(0.2):
        for task in tasks.list_page(sq, tasks.Wanted(status="failed"), limit=50).tasks:
            with suppress(SparkQError):
                tasks.requeue(sq, task.id)
                stage.figures["requeues"] += 1
    sq.close()


class Saved:
    """A backup, and what had been acknowledged when it was begun."""

    def __init__(self, file: Path, before: list[Entry]) -> None:
        self.file = file
        self.before = before


def save(stage: Stage, journals: list[Journal], folder: Path) -> list[Saved]:
    """Make backups while it goes on."""
    sq = project.open(stage.root, env={})
    made: list[Saved] = []
    while not stage.over.wait(0.7):
        before = [entry for journal in journals for entry in journal.read()]
        target = folder / f"{len(made)}.db"
        backup.copy(sq, target)
        made.append(Saved(target, before))
    sq.close()
    return made


@holds("survives-death", "e2e")
def test_whoever_is_killed_nothing_acknowledged_is_lost_and_nothing_runs_twice(
    stage: Stage, tmp_path: Path, counts: Counts
) -> None:
    stage.chats = [ChatWorker(stage.root, TIMEOUT) for _ in range(2)]
    stage.workers = [CoreWorker(stage.root, TIMEOUT)]
    hands: dict[str, DoorWorker] = {
        "rest one": RestWorker(stage.port, TIMEOUT),
        "rest two": RestWorker(stage.port, TIMEOUT),
        "chat one": stage.chats[0],
        "chat two": stage.chats[1],
        "core": stage.workers[0],
    }
    journals = {name: Journal(tmp_path / f"{name}.journal") for name in hands}
    with ThreadPoolExecutor(len(hands) + 3) as pool:
        try:
            living = [pool.submit(live, stage, hand, name, journals[name]) for name, hand in hands.items()]
            person = pool.submit(requeue, stage)
            saving = pool.submit(save, stage, list(journals.values()), tmp_path)
            wrecking = pool.submit(wreck_for, stage)
            for running in (wrecking, *living, person):
                running.result()
            saved = saving.result()
        finally:
            stage.over.set()
    stage.end()

    assert "Traceback" not in (stage.root / "server.out").read_text()
    acknowledged = [entry for journal in journals.values() for entry in journal.read()]
    sq = project.open(stage.root, env={})
    assert (broken(sq, acknowledged), unsound(sq), twice(moves(sq))) == ([], [], [])
    for copied in saved:
        assert restored(sq, copied, tmp_path / copied.file.stem) == []
    assert stage.killed >= SECONDS, stage.figures
    assert len({entry.did for entry in acknowledged}) >= 4, "the run was too quiet to show anything"
    sq.close()
    counts(stage.figures, acknowledged_writes=len(acknowledged), backups_restored=len(saved))


def wreck_for(stage: Stage) -> None:
    """Wreck, and then it is over."""
    try:
        stage.wreck()
    finally:
        stage.over.set()


def broken(sq: SparkQ, acknowledged: list[Entry]) -> list[str]:
    """The acknowledgements that the project does not bear out."""
    held = Counter((entry.task, entry.attempt) for entry in acknowledged if entry.did == "claimed")
    wrong = [f"#{task} attempt {attempt} was handed out {often} times" for (task, attempt), often in held.items() if often > 1]  # fmt: skip
    prompts = Counter(entry.task for entry in acknowledged if entry.did == "enqueued")
    wrong += [f"#{task} was made {often} times" for task, often in prompts.items() if often > 1]
    for entry in acknowledged:
        try:
            detail = tasks.detail(sq, entry.task)
        except SparkQError as refusal:
            wrong.append(f"{entry}: {refusal}")
            continue
        if entry.did == "enqueued":
            if detail.prompt != entry.text:
                wrong.append(f"{entry}: {detail.prompt}")
            continue
        attempt = detail.attempts[entry.attempt - 1] if len(detail.attempts) >= entry.attempt else None
        kept = (
            attempt
            and {
                "claimed": bool(attempt.worker),
                "complete": (attempt.outcome, attempt.result) == ("succeeded", entry.text),
                "fail": (attempt.outcome, attempt.error) == ("failed", entry.text),
                "late complete": entry.text == attempt.late_text,
                "late fail": entry.text == attempt.late_text,
            }[entry.did]
        )
        if not kept:
            wrong.append(f"{entry}: {attempt}")
    return wrong


def restored(sq: SparkQ, saved: Saved, root: Path) -> list[str]:
    """What is wrong with a backup that takes the database's place in a new project."""
    database_of(root).parent.mkdir(parents=True)
    saved.file.rename(database_of(root))
    copy = project.open(root, env={})
    log, later = moves(copy), moves(sq)
    wrong = out_of_step(copy, log) + twice(log)  # first, because every reader applies the timeouts that are due
    wrong += unsound(copy) + broken(copy, saved.before)
    if log != later[: len(log)]:
        wrong.append("what happened in the backup is not what happened first in the project")
    copy.close()
    return wrong


def out_of_step(sq: SparkQ, log: list[Event]) -> list[str]:
    """The tasks whose status is not what the log says: a copy of two moments."""
    says = {
        "enqueued": "queued",
        "requeued": "queued",
        "released": "queued",
        "claimed": "running",
        "timed out": "failed",
    }
    last = {event.task_id or 0: says.get(event.kind, event.kind) for event in log}
    stored: dict[int, str] = dict(sq.db.rows("SELECT id, status FROM tasks"))
    return [f"#{task} is {stored.get(task)}, the log says {status}" for task, status in last.items() if stored.get(task) != status]  # fmt: skip
