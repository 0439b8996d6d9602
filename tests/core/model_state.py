"""The life cycle in a store and in a plain model of it: the beginning of a life, and what its rules share."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sparkq_core import queues, tasks
from sparkq_core.errors import (
    KeyUsed,
    QueueClosed,
    SparkQError,
)
from sparkq_core.queues import checks
from sparkq_core.tasks.check import Run
from tests.core.plain_model import FITS, TIMEOUT, Job, Refusal, Verdict
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import refusal_of

QUEUES = ("backend", "docs")
MOST = 5
"""Few tasks meet one another often."""

CONNECTION = st.integers(0, 1)
PICK = st.tuples(st.integers(0, MOST - 1), st.sampled_from([True, True, True, False]))
BACK = st.sampled_from([None, 0, 0, 0, 0, 1, 2, -1])
WORDS = st.sampled_from(["one", "two"])
FOLLOWER = st.sampled_from([None, "ann", "bob"])


class ModelState(RuleBasedStateMachine):
    """A store with two connections, and the model of its tasks and queues."""

    done: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sparkq-model-"))
        (self.folder / "sparkq.yml").write_text("database: {synchronous: normal}\n")
        self.clock = SetClock()
        first = open_new_project(self.folder, self.clock)
        self.handles = (first, second_handle(first))
        for name in QUEUES:
            queues.create(first, name)
        self.jobs: dict[int, Job] = {}
        self.lines: dict[str, list[int]] = {name: [] for name in QUEUES}
        self.keys: dict[str, int] = {}
        self.ended: dict[tuple[int, int], tuple[Any, ...]] = {}
        self.states = dict.fromkeys(QUEUES, "active")
        self.closed: set[str] = set()
        self.paused: set[str] = set()
        self.limits: dict[str, int | None] = dict.fromkeys(QUEUES)
        self.checks: dict[str, tuple[str | None, int]] = dict.fromkeys(QUEUES, (None, 3))
        self.runs: list[tuple[Job, Run]] = []
        self.verdicts: list[Verdict] = []
        self.newest = 0
        self.done["lives"] += 1
        self.limit_reviews(0, "backend", 2)
        self.limit_reviews(0, "docs", 1)
        for name in QUEUES:
            self.set_check(0, name, "make test", 2)
        for name in ("backend", "backend", "docs", "docs"):
            self.enqueue(0, name, None)
        self.claim_the_next(1, "backend", "ann")

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for handle in self.handles:
                handle.close()
            shutil.rmtree(self.folder)

    def time_passes(self, *, looked: bool = True) -> None:
        """Claims and reads sweep first; a claim of the head does not look whether the clock was set back."""
        for job in self.jobs.values():
            if looked:
                job.heard_now(self.clock.now())
            job.swept(self.clock.now())

    def waiting(self, queue: str) -> list[int]:
        return [task for task in self.lines[queue] if self.jobs[task].status == "queued"]

    def taken(self, queue: str) -> int:
        """How many tasks of the queue count for its review limit."""
        of = [job for job in self.jobs.values() if job.queue == queue]
        return sum(
            job.status == "running" or (job.status in ("succeeded", "failed") and not job.reviewed) for job in of
        )

    def hands_out(self, queue: str) -> bool:
        limit = self.limits[queue]
        return queue not in self.paused and (limit is None or self.taken(queue) < limit)

    def head(self, queue: str) -> int | None:
        """The task that a claim gets."""
        return next(iter(self.waiting(queue)), None) if self.hands_out(queue) else None

    def has(self, verb: str) -> bool:
        """Whether the verb applies to some task."""
        return any(FITS[verb](job) for job in self.jobs.values())

    def some(self, pick: tuple[int, bool], verb: str) -> Job:
        """A task: mostly one to which the verb applies, sometimes any."""
        number, fitting = pick
        among = [job for job in self.jobs.values() if not fitting or FITS[verb](job)]
        return among[number % len(among)]

    def refused(self, job: Job, wanted: Refusal, refusal: SparkQError | None) -> None:
        assert type(refusal) is (wanted or type(None)), f"#{job.id}: {refusal}, expected {wanted}"

    def is_closed(self, verb: Any) -> None:
        assert type(refusal_of(verb)) is QueueClosed

    def started(self, claim: Any, worker: str) -> None:
        job = self.jobs[claim.task.id]
        before = job.earlier
        job.start(worker, self.clock.now())
        limit = self.limits[job.queue]
        assert limit is None or self.taken(job.queue) <= limit
        assert claim.task.attempts == len(job.tries)
        assert (claim.prompt, claim.feedback) == (job.prompt, job.feedback)
        answered = job.answered
        assert (claim.asked and (claim.asked.question, claim.asked.answer)) == (
            answered and (answered.question, answered.answer)
        )
        assert (claim.earlier.outcome if claim.earlier else None) == (before.outcome if before else None)
        assert claim.remaining == len(self.waiting(job.queue))

    @rule(on=CONNECTION, queue=st.sampled_from(QUEUES), limit=st.sampled_from([None, 1, 1, 2]))
    def limit_reviews(self, on: int, queue: str, limit: int | None) -> None:
        assert queues.limit_reviews(self.handles[on], queue, limit).review_limit == limit
        self.limits[queue] = limit

    def homes(self, job: Job) -> tuple[str, str]:
        """The queues with which the key of a task means it."""
        return job.queue, job.enqueued_in

    @precondition(lambda self: len(self.jobs) < MOST)
    @rule(on=CONNECTION, queue=st.sampled_from(QUEUES), key=st.sampled_from([None, None, "k1", "k2"]))
    def enqueue(self, on: int, queue: str, key: str | None) -> None:
        if self.states[queue] != "active" and key not in self.keys:
            self.is_closed(lambda: tasks.enqueue(self.handles[on], queue, "prompt", timeout=TIMEOUT, key=key))
            return
        if key in self.keys and queue not in self.homes(self.jobs[self.keys[key]]):
            refusal = refusal_of(lambda: tasks.enqueue(self.handles[on], queue, "prompt", timeout=TIMEOUT, key=key))
            assert type(refusal) is KeyUsed
            return
        done = tasks.enqueue(self.handles[on], queue, "prompt", timeout=TIMEOUT, key=key)
        if key in self.keys:
            assert (done.again, done.task.id) == (True, self.keys[key])
            return
        assert done.task.id > self.newest, "ids only grow"
        self.newest = done.task.id
        self.jobs[done.task.id] = Job(done.task.id, queue, enqueued_in=queue, prompt="prompt")
        self.lines[queue].append(done.task.id)
        assert done.place == len(self.waiting(queue))
        if key is not None:
            self.keys[key] = done.task.id

    @rule(on=CONNECTION, queue=st.sampled_from(QUEUES), worker=st.sampled_from(["ann", "bob"]))
    def claim_the_next(self, on: int, queue: str, worker: str) -> None:
        if self.states[queue] == "archived":  # refused whole: nobody else's task is warned by it
            self.is_closed(lambda: tasks.claim(self.handles[on], queue, worker))
            return
        self.time_passes(looked=False)
        head = self.head(queue)
        claim = tasks.claim(self.handles[on], queue, worker)
        assert (claim.task.id if claim else None) == head
        if claim is not None:
            self.started(claim, worker)

    @rule(
        on=CONNECTION,
        queue=st.sampled_from(QUEUES),
        command=st.sampled_from([None, "make test", "make test", "make test", "make lint"]),
        most=st.integers(1, 3),
    )
    def set_check(self, on: int, queue: str, command: str | None, most: int) -> None:
        changed = checks.set_command(self.handles[on], queue, command, most)
        self.checks[queue] = (changed.check_command, changed.max_checks)
        assert self.checks[queue] == (command, most)
