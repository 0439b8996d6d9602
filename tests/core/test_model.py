"""The life cycle against a plain Python model of it: two connections, stale attempts, a clock that jumps.

Long, since a state machine is one class: its rules share one model.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import (
    AttemptNeeded,
    CheckFailed,
    CheckMissing,
    ClaimLost,
    InvalidValue,
    KeyUsed,
    NoSuchTask,
    QueueClosed,
    QueueWaits,
    SparkQError,
    Unseen,
    WrongState,
)
from sparkq_core.maintenance import purge
from sparkq_core.model import Claim, Counts, Seen, Settled
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from sparkq_core.stale import sweep
from sparkq_core.tasks import undo
from sparkq_core.tasks.check import NoCheck, Run
from tests.core.plain_model import ACCEPTED_FROM, FITS, TIMEOUT, Job, Refusal, Verdict
from tests.harness.clocks import HOUR, SECOND, SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import refusal_of
from tests.promises import holds
from tests.proof.counts import Counts as Figures
from tests.proof.extent import BROKEN, EXTENT, extent

QUEUES = ("backend", "docs")
MOST = 5
"""Few tasks meet one another often."""

TURNS = {
    "end": {"active": "ended", "ended": "ended"},
    "reopen": {"active": "active", "ended": "active"},
    "archive": {"active": "archived", "ended": "archived", "archived": "archived"},
    "unarchive": {"active": "active", "ended": "ended", "archived": "active"},
}
"""What becomes of a queue; where nothing stands, it is refused as closed."""


class LifeCycle(RuleBasedStateMachine):
    """Each rule does one verb through either connection, and the same to the model."""

    done: ClassVar[Counter[str]] = Counter()
    connection = st.integers(0, 1)
    pick = st.tuples(st.integers(0, MOST - 1), st.sampled_from([True, True, True, False]))
    back = st.sampled_from([None, 0, 0, 0, 0, 1, 2, -1])
    words = st.sampled_from(["one", "two"])
    follower = st.sampled_from([None, "ann", "bob"])

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

    @precondition(lambda self: len(self.jobs) < MOST)
    @rule(on=connection, queue=st.sampled_from(QUEUES), key=st.sampled_from([None, None, "k1", "k2"]))
    def enqueue(self, on: int, queue: str, key: str | None) -> None:
        if self.states[queue] != "active" and key not in self.keys:
            self.is_closed(lambda: tasks.enqueue(self.handles[on], queue, "prompt", timeout=TIMEOUT, key=key))
            return
        if key in self.keys and self.jobs[self.keys[key]].queue != queue:
            refusal = refusal_of(lambda: tasks.enqueue(self.handles[on], queue, "prompt", timeout=TIMEOUT, key=key))
            assert type(refusal) is KeyUsed
            return
        done = tasks.enqueue(self.handles[on], queue, "prompt", timeout=TIMEOUT, key=key)
        if key in self.keys:
            assert (done.again, done.task.id) == (True, self.keys[key])
            return
        assert done.task.id > self.newest, "ids only grow"
        self.newest = done.task.id
        self.jobs[done.task.id] = Job(done.task.id, queue, prompt="prompt")
        self.lines[queue].append(done.task.id)
        assert done.place == len(self.waiting(queue))
        if key is not None:
            self.keys[key] = done.task.id

    @rule(on=connection, queue=st.sampled_from(QUEUES), worker=st.sampled_from(["ann", "bob"]))
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

    @precondition(lambda self: self.has("claim"))
    @rule(on=connection, pick=pick, worker=st.sampled_from(["ann", "bob"]))
    def claim_this(self, on: int, pick: tuple[int, bool], worker: str) -> None:
        self.time_passes()
        job = self.some(pick, "claim")
        if self.states[job.queue] == "archived":
            self.is_closed(lambda: tasks.claim(self.handles[on], None, worker, task_id=job.id))
        elif job.status == "queued" and not self.hands_out(job.queue):
            self.refused(
                job, QueueWaits, refusal_of(lambda: tasks.claim(self.handles[on], None, worker, task_id=job.id))
            )
        elif job.status == "queued":
            self.started(tasks.claim(self.handles[on], None, worker, task_id=job.id), worker)
        else:
            self.refused(
                job, WrongState, refusal_of(lambda: tasks.claim(self.handles[on], None, worker, task_id=job.id))
            )

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

    @precondition(lambda self: self.has("settle"))
    @rule(on=connection, pick=pick, back=back, text=words, verb=st.sampled_from(["complete", "fail"]), worker=follower)
    def settle(
        self, on: int, pick: tuple[int, bool], back: int | None, text: str, verb: str, worker: str | None
    ) -> None:
        self.settled(self.handles[on], self.some(pick, "settle"), back, text, verb, worker)

    @precondition(lambda self: self.has("settle too late"))
    @rule(on=connection, pick=pick, back=back, text=words, verb=st.sampled_from(["complete", "complete", "fail"]))
    def settle_too_late(self, on: int, pick: tuple[int, bool], back: int | None, text: str, verb: str) -> None:
        self.settled(self.handles[on], self.some(pick, "settle too late"), back, text, verb)

    def settled(self, sq: SparkQ, job: Job, back: int | None, text: str, verb: str, worker: str | None = None) -> None:
        outcome = "succeeded" if verb == "complete" else "failed"
        attempt = job.number(back)
        done: list[Settled] = []
        refusal = refusal_of(
            lambda: done.append(getattr(tasks, verb)(sq, job.id, text, attempt=attempt, next_for=worker))
        )
        wanted = AttemptNeeded if job.hides_whose(attempt) else job.refuses(attempt)
        number = len(job.tries) if attempt is None else attempt
        if wanted is None and verb == "complete" and self.lacks_check(job):
            wanted = self.lacks_check(job)
            job.heard_at, job.warned_at = self.clock.now(), None
        elif wanted is AttemptNeeded:
            pass
        elif wanted is None:
            job.end(outcome, text, None if verb == "complete" else "error", self.clock.now())
            self.followed(done[0].claimed, job.queue, worker)
        elif 1 <= number <= len(job.tries):
            ended = job.tries[number - 1]
            same = (ended.outcome, ended.error_type == "timeout") == (outcome, False)
            wanted = None if same else ClaimLost
            if ended.outcome is not None and ended.keep(outcome, text, self.clock.now()):
                job.came_late(number, outcome, self.clock.now())
        self.refused(job, wanted, refusal)

    def followed(self, claimed: Claim | None, queue: str, worker: str | None) -> None:
        head = None
        if worker is not None and self.states[queue] != "archived":
            self.time_passes(looked=False)
            head = self.head(queue)
        assert (claimed.task.id if claimed else None) == head
        if claimed is not None and worker is not None:
            self.started(claimed, worker)

    def lacks_check(self, job: Job) -> Refusal:
        """Why a strict queue does not let the running attempt complete its task: a folder without Git compares no files."""
        command, _ = self.checks[job.queue]
        if command is None or self.limits[job.queue] is None:
            return None
        outcomes = [outcome for ran, outcome in job.last.checks if ran == command and outcome != "stopped"]
        if not outcomes:
            return CheckMissing
        return CheckFailed if outcomes[-1] == "failed" else None

    @rule(
        on=connection,
        queue=st.sampled_from(QUEUES),
        command=st.sampled_from([None, "make test", "make test", "make test", "make lint"]),
        most=st.integers(1, 3),
    )
    def set_check(self, on: int, queue: str, command: str | None, most: int) -> None:
        changed = checks.set_command(self.handles[on], queue, command, most)
        self.checks[queue] = (changed.check_command, changed.max_checks)
        assert self.checks[queue] == (command, most)

    @precondition(lambda self: self.has("progress"))
    @rule(
        on=connection,
        pick=pick,
        back=st.sampled_from([0, 0, 0, 0, None, 1]),
        exit_codes=st.lists(st.sampled_from([0, 1, 1, None]), max_size=3),
        then=st.sampled_from(["complete", "begin", "lose"]),
    )
    def check(self, on: int, pick: tuple[int, bool], back: int | None, exit_codes: list[int | None], then: str) -> None:
        """A worker runs the check several times. Then it completes the task, or begins a run that ends later, or after it."""
        job = self.some(pick, "progress")
        for exit_code in exit_codes:
            if self.check_begins(on, job, job.number(back)):
                self.check_ends(on, exit_code)
        if then == "complete":
            self.settled(self.handles[on], job, back, "one", "complete")
        elif self.check_begins(on, job, job.number(back)) and then == "lose":
            self.settled(self.handles[on], job, 0, "one", "fail")
            self.check_ends(on, 0)

    def check_begins(self, on: int, job: Job, attempt: int | None) -> bool:
        wanted = AttemptNeeded if job.hides_whose(attempt) else job.refuses(attempt)
        command, most = self.checks[job.queue]
        if wanted is None and command is None:
            wanted = NoCheck
        elif wanted is None and job.last.checks.count((str(command), "failed")) >= most:
            wanted = CheckFailed
        begun: list[Run] = []
        sq = self.handles[on]
        refusal = refusal_of(lambda: begun.append(tasks.begin_check(sq, job.id, sq.config.root, attempt=attempt)))
        self.refused(job, wanted, refusal)
        if wanted is None:
            job.heard_at, job.warned_at = self.clock.now(), None
            self.runs.append((job, begun[0]))
            self.done["checks"] += 1
        return wanted is None

    @precondition(lambda self: self.runs)
    @rule(on=connection, exit_code=st.sampled_from([0, 1, 1, None]))
    def check_ends(self, on: int, exit_code: int | None) -> None:
        job, run = self.runs.pop()
        stopped = exit_code is None
        refusal = refusal_of(lambda: tasks.end_check(self.handles[on], run, exit_code, b"", stopped=stopped))
        if job.id not in self.jobs:
            assert isinstance(refusal, NoSuchTask)
            return
        self.refused(job, job.refuses(run.attempt), refusal)
        if refusal is None:
            job.heard_at, job.warned_at = self.clock.now(), None
            job.last.checks.append((run.command, "stopped" if stopped else "failed" if exit_code else "passed"))

    @precondition(lambda self: self.has("progress"))
    @rule(on=connection, pick=pick, back=back)
    def progress(self, on: int, pick: tuple[int, bool], back: int | None) -> None:
        job = self.some(pick, "progress")
        attempt = job.number(back)
        wanted = job.refuses(attempt)
        self.refused(job, wanted, refusal_of(lambda: tasks.progress(self.handles[on], job.id, attempt=attempt)))
        if wanted is None:
            job.heard_at, job.warned_at = self.clock.now(), None

    @precondition(lambda self: self.has("release"))
    @rule(on=connection, pick=pick, back=back, question=st.none() | words)
    def release(self, on: int, pick: tuple[int, bool], back: int | None, question: str | None) -> None:
        job = self.some(pick, "release")
        attempt = job.number(back)
        wanted = job.refuses(attempt)
        again = job.status in ("queued", "held") and bool(job.tries) and job.last.outcome == "released"
        again = again and question in (None, job.last.question)
        if wanted in (ClaimLost, WrongState) and again and attempt in (None, len(job.tries)):
            wanted = None
        refusal = refusal_of(lambda: tasks.release(self.handles[on], job.id, question=question, attempt=attempt))
        self.refused(job, wanted, refusal)
        if wanted is None and job.status == "running":
            if question is None:
                job.end("released", None, None, self.clock.now())
            else:
                job.hold(question, self.clock.now())
        elif wanted is not None and question is not None:
            self.asked_too_late(job, len(job.tries) if attempt is None else attempt, question)

    def asked_too_late(self, job: Job, number: int, question: str) -> None:
        """A question of an attempt that has ended is kept as its late text."""
        if not 1 <= number <= len(job.tries):
            return
        ended, now = job.tries[number - 1], self.clock.now()
        if ended.outcome is not None and ended.keep("failed", question, now):
            job.came_late(number, "failed", now)

    @precondition(lambda self: self.has("answer"))
    @rule(on=connection, pick=pick, back=back, text=words)
    def answer(self, on: int, pick: tuple[int, bool], back: int | None, text: str) -> None:
        job = self.some(pick, "answer")
        attempt = job.number(back)
        refusal = refusal_of(lambda: tasks.answer(self.handles[on], job.id, text, attempt=attempt))
        if job.status == "held":
            if attempt not in (None, len(job.tries)):
                self.refused(job, Unseen, refusal)
            elif self.states[job.queue] == "archived":
                self.refused(job, QueueClosed, refusal)
            else:
                assert refusal is None
                job.status, job.last.answer = "queued", text
                job.touched()
                self.lines[job.queue].remove(job.id)
                self.lines[job.queue].insert(0, job.id)
            return
        numbers = range(len(job.tries), 0, -1) if attempt is None else [attempt]
        asked = [job.tries[at - 1] for at in numbers if 1 <= at <= len(job.tries) and job.tries[at - 1].question]
        self.refused(job, None if asked and asked[0].answer == text else WrongState, refusal)

    @precondition(lambda self: self.has("requeue"))
    @rule(
        on=connection,
        pick=pick,
        front=st.booleans(),
        again=st.booleans(),
        by_worker=st.booleans(),
        feedback=st.none() | words,
    )
    def requeue(
        self, on: int, pick: tuple[int, bool], front: bool, again: bool, by_worker: bool, feedback: str | None
    ) -> None:
        job = self.some(pick, "requeue")
        refusal = refusal_of(
            lambda: tasks.requeue(
                self.handles[on], job.id, front=front, again=again, by_worker=by_worker, feedback=feedback
            )
        )
        allowed = job.status in ("failed", "cancelled") or (again and job.status == "succeeded")
        if allowed and by_worker and job.left_to_the_person:
            self.refused(job, WrongState, refusal)
        elif allowed and self.states[job.queue] == "archived":
            self.refused(job, QueueClosed, refusal)
        elif allowed:
            assert refusal is None
            before = job.kept()
            job.wait()
            job.forget_late()
            job.feedback = feedback
            if by_worker:
                job.touched()
            else:
                self.given(job, before)
            self.lines[job.queue].remove(job.id)
            self.lines[job.queue].insert(0 if front else len(self.lines[job.queue]), job.id)
        elif refusal is not None or job.status != "queued":  # the same once more is harmless, and changes nothing
            self.refused(job, WrongState, refusal)

    @precondition(lambda self: self.has("cancel"))
    @rule(on=connection, pick=pick)
    def cancel(self, on: int, pick: tuple[int, bool]) -> None:
        job = self.some(pick, "cancel")
        allowed = job.status in ("queued", "held", "cancelled")
        self.refused(job, None if allowed else WrongState, refusal_of(lambda: tasks.cancel(self.handles[on], job.id)))
        if job.status in ("queued", "held"):
            job.touched()
            job.status, job.finished_at = "cancelled", self.clock.now()
            job.reviewed_at = None if job.late_at is not None else self.clock.now()

    @precondition(lambda self: self.has("edit"))
    @rule(on=connection, pick=pick, prompt=words, feedback=st.none() | st.just("") | words)
    def edit(self, on: int, pick: tuple[int, bool], prompt: str, feedback: str | None) -> None:
        job = self.some(pick, "edit")
        allowed = job.status in ("queued", "held")
        refusal = refusal_of(lambda: tasks.edit(self.handles[on], job.id, prompt=prompt, feedback=feedback))
        self.refused(job, None if allowed else WrongState, refusal)
        if allowed:
            job.touched()
            job.prompt = prompt
            job.feedback = job.feedback if feedback is None else feedback or None

    @precondition(lambda self: self.has("edit"))
    @rule(on=connection, pick=pick, elsewhere=st.sampled_from([True, True, False]), front=st.booleans())
    def move(self, on: int, pick: tuple[int, bool], elsewhere: bool, front: bool) -> None:
        job = self.some(pick, "edit")
        queue = next(name for name in QUEUES if (name != job.queue) == elsewhere)
        refusal = refusal_of(lambda: tasks.move(self.handles[on], [job.id], queue, front=front))
        if self.states[queue] != "active":
            self.refused(job, QueueClosed, refusal)
            return
        allowed = job.status in ("queued", "held")
        self.refused(job, None if allowed else WrongState, refusal)
        if allowed and (job.queue != queue or (front and job.status == "queued")):
            self.lines[job.queue].remove(job.id)
            self.lines[queue].insert(0 if front else len(self.lines[queue]), job.id)
            job.queue = queue
            job.touched()

    @precondition(lambda self: self.has("claim"))
    @rule(on=connection, pick=pick, beside=pick, where=st.sampled_from(["after", "before"]))
    def place(self, on: int, pick: tuple[int, bool], beside: tuple[int, bool], where: str) -> None:
        job, anchor = self.some(pick, "claim"), self.some(beside, "claim")
        refusal = refusal_of(lambda: tasks.place(self.handles[on], [job.id], **{where: anchor.id}))
        wanted = self.stays(job) or self.stays(anchor)
        if wanted is None and (job is anchor or job.queue != anchor.queue):
            wanted = InvalidValue
        self.refused(job, wanted, refusal)
        if wanted is None:
            before = self.waiting(job.queue)
            order = [task for task in before if task != job.id]
            order.insert(order.index(anchor.id) + (where == "after"), job.id)
            if order != before:
                free = iter(order)
                line = self.lines[job.queue]
                self.lines[job.queue] = [next(free) if self.jobs[task].status == "queued" else task for task in line]
                job.touched()

    def stays(self, job: Job) -> Refusal:
        """Why a task keeps its place."""
        if job.status != "queued":
            return WrongState
        return QueueClosed if self.states[job.queue] == "archived" else None

    @precondition(lambda self: self.has("accept"))
    @rule(on=connection, pick=pick, back=back)
    def accept(self, on: int, pick: tuple[int, bool], back: int | None) -> None:
        job = self.some(pick, "accept")
        attempt = job.number(back)
        refusal = refusal_of(lambda: tasks.accept(self.handles[on], job.id, attempt))
        if attempt is not None and not 1 <= attempt <= len(job.tries):
            self.refused(job, InvalidValue, refusal)
            return
        wanted = attempt or next(iter(job.acceptable), None)
        allowed = job.status in ACCEPTED_FROM and wanted in job.acceptable
        self.refused(job, None if allowed else WrongState, refusal)
        if allowed and wanted is not None:
            self.accepted(job, wanted)

    @precondition(lambda self: self.has("review"))
    @rule(on=connection, pick=pick, stale=st.booleans())
    def accept_what_is_shown(self, on: int, pick: tuple[int, bool], stale: bool) -> None:
        job = self.some(pick, "review")
        shown = Seen(job.id, len(job.tries), job.late_at is not None and not stale, job.late_at)
        refusal = refusal_of(lambda: inbox.accept_all(self.handles[on], [shown]))
        if job.news_at is None or (stale and job.late_at is not None):
            self.refused(job, WrongState if job.news_at is None else Unseen, refusal)
            return
        assert refusal is None
        number, outcome = job.late or (0, "")
        if outcome == "succeeded" and job.status in ACCEPTED_FROM and number in job.acceptable:
            self.accepted(job, number)
        else:
            self.reviewed(job)

    @precondition(lambda self: self.has("review"))
    @rule(on=connection, pick=pick)
    def review(self, on: int, pick: tuple[int, bool]) -> None:
        job = self.some(pick, "review")
        wanted = WrongState if job.news_at is None else None
        self.refused(job, wanted, refusal_of(lambda: inbox.review(self.handles[on], job.id)))
        if wanted is None:
            self.reviewed(job)

    def accepted(self, job: Job, attempt: int) -> None:
        before = job.kept()
        job.accept(attempt, self.clock.now())
        self.given(job, before, attempt)

    def reviewed(self, job: Job) -> None:
        before = job.kept()
        job.seen(self.clock.now())
        if job.kept() != before:
            self.given(job, before)

    def given(self, job: Job, before: dict[str, Any], accepted: int | None = None) -> None:
        earlier = job.verdict if job.verdict is not None and job.verdict.fresh else None
        job.touched()
        job.verdict = Verdict(job, before, accepted, earlier=earlier)
        self.verdicts.append(job.verdict)

    @precondition(lambda self: self.has("undo"))
    @rule(on=connection, pick=pick)
    def undo_this(self, on: int, pick: tuple[int, bool]) -> None:
        job = self.some(pick, "undo")
        fresh = job.verdict is not None and job.verdict.fresh
        self.refused(job, None if fresh else WrongState, refusal_of(lambda: undo.unreview(self.handles[on], [job.id])))
        self.undone(job.verdict)

    @precondition(lambda self: self.verdicts)
    @rule(on=connection)
    def undo_the_last(self, on: int) -> None:
        last = self.verdicts[-1]
        refusal = refusal_of(lambda: undo.unreview(self.handles[on]))
        self.refused(last.job, None if last.fresh else WrongState, refusal)
        self.undone(last)

    def undone(self, verdict: Verdict | None) -> None:
        if verdict is not None and verdict.fresh:
            self.verdicts.remove(verdict)
            verdict.job.unreview()

    @rule(on=connection, ages=st.sampled_from([(0, 2 * HOUR), (TIMEOUT, TIMEOUT), (TIMEOUT, HOUR)]))
    def purge(self, on: int, ages: tuple[int, int]) -> None:
        reviewed, unreviewed = (age * SECOND for age in ages)
        due = [job for job in self.jobs.values() if job.old(self.clock.now(), reviewed, unreviewed)]
        old = [job for job in due if self.states[job.queue] != "archived"]
        gone = purge.purge(self.handles[on], older_than=reviewed, unreviewed=unreviewed)
        counted = (sum(job.reviewed for job in old), sum(not job.reviewed for job in old))
        assert gone == purge.Purged(*counted, archived=len(due) - len(old))
        for job in old:
            del self.jobs[job.id]
            self.verdicts = [verdict for verdict in self.verdicts if verdict.job is not job]
            self.lines[job.queue].remove(job.id)
            self.keys = {key: task for key, task in self.keys.items() if task != job.id}
            self.ended = {at: row for at, row in self.ended.items() if at[0] != job.id}

    @rule(on=connection, queue=st.sampled_from(QUEUES), turn=st.sampled_from(list(TURNS)))
    def turn(self, on: int, queue: str, turn: str) -> None:
        state = self.states[queue]
        becomes = TURNS[turn].get(state)
        if becomes is None:
            self.is_closed(lambda: getattr(queues, turn)(self.handles[on], queue))
            return
        if turn == "unarchive" and state == "archived":
            becomes = "ended" if queue in self.closed else "active"
        assert getattr(queues, turn)(self.handles[on], queue).status == becomes
        self.states[queue] = becomes
        if becomes == "ended":
            self.closed.add(queue)
        elif becomes == "active":
            self.closed.discard(queue)

    @rule(on=connection, queue=st.sampled_from(QUEUES), verb=st.sampled_from(["pause", "resume", "resume"]))
    def pause_or_resume(self, on: int, queue: str, verb: str) -> None:
        if verb == "pause" and self.states[queue] == "archived":
            self.is_closed(lambda: queues.pause(self.handles[on], queue))
            return
        changed = getattr(queues, verb)(self.handles[on], queue)
        assert (changed.paused_at is not None) == (verb == "pause")
        if verb == "pause":
            self.paused.add(queue)
        else:
            self.paused.discard(queue)

    @rule(on=connection, queue=st.sampled_from(QUEUES), limit=st.sampled_from([None, 1, 1, 2]))
    def limit_reviews(self, on: int, queue: str, limit: int | None) -> None:
        assert queues.limit_reviews(self.handles[on], queue, limit).review_limit == limit
        self.limits[queue] = limit

    @rule(on=connection)
    def sweep(self, on: int) -> None:
        before = {job.id: (job.status, job.warned_at) for job in self.jobs.values()}
        swept = sweep(self.handles[on])
        self.time_passes()
        after = {job.id: (job.status, job.warned_at) for job in self.jobs.values()}
        taken_back = ("running", None)
        changed = [task for task, state in after.items() if state not in (before[task], taken_back)]
        assert sorted(task.id for task in swept.warned + swept.failed) == changed

    @rule(seconds=st.sampled_from([-HOUR, 0, 1, TIMEOUT // 2, TIMEOUT, TIMEOUT, 2 * TIMEOUT, 8 * HOUR]))
    def the_clock_jumps(self, seconds: int) -> None:
        self.clock.move(seconds)

    @precondition(lambda self: self.has("progress"))
    @rule(on=connection, timeouts=st.integers(1, 2))
    def nobody_is_heard_of(self, on: int, timeouts: int) -> None:
        for _ in range(timeouts):
            self.clock.move(TIMEOUT)
            self.sweep(on)

    @invariant()
    def it_is_counted(self) -> None:
        self.done["steps"] += 1

    @invariant()
    def every_task_is_as_the_model_says(self) -> None:
        rows = self.handles[0].db.rows(TASKS)
        assert rows == [
            (
                *(job.id, job.queue, job.status, len(job.tries), job.worker, job.error_type),
                *(job.reviewed_at, job.finished_at, job.late_at, job.news_at, *(job.late or (None, None))),
                job.warned_at if job.status == "running" else None,
            )
            for job in self.jobs.values()
        ]

    @invariant()
    def the_line_is_as_the_model_says(self) -> None:
        for name in QUEUES:
            assert [task_id for (task_id,) in self.handles[1].db.rows(IDS_IN_LINE, {"queue": name})] == self.waiting(
                name
            )

    @invariant()
    def the_counts_are_a_recount(self) -> None:
        stored = queues.counts(self.handles[0].db, self.clock.now())
        for name in QUEUES:
            queue = queues.by_name(self.handles[0], name)
            counts = stored[queue.id]
            assert queue.status == self.states[queue.name]
            of = [job for job in self.jobs.values() if job.queue == queue.name]
            by = Counter(job.status for job in of)
            finished = [job for job in of if job.finished_at is not None]
            assert counts._replace(stale=0) == Counts(
                queued=by["queued"],
                held=by["held"],
                running=by["running"],
                succeeded=by["succeeded"],
                failed=by["failed"],
                cancelled=by["cancelled"],
                unreviewed=sum(not job.reviewed for job in finished),
                unreviewed_cancelled=sum(not job.reviewed for job in finished if job.status == "cancelled"),
            )

    @invariant()
    def every_check_that_ended_is_kept_with_its_attempt(self) -> None:
        assert self.handles[1].db.rows(CHECKS) == [
            (job.id, attempt, number, *ran)
            for job in self.jobs.values()
            for attempt, tried in enumerate(job.tries, 1)
            for number, ran in enumerate(tried.checks, 1)
        ]

    @invariant()
    def what_ended_an_attempt_never_changes(self) -> None:
        stored = {(row[0], row[1]): row[2:] for row in self.handles[1].db.rows(ATTEMPTS)}
        assert stored.keys() == {
            (job.id, number) for job in self.jobs.values() for number in range(1, len(job.tries) + 1)
        }
        for (task, number), row in stored.items():
            attempt = self.jobs[task].tries[number - 1]
            assert row[:4] == (attempt.worker, attempt.claimed_at, attempt.outcome, attempt.finished_at)
            if attempt.outcome is not None:
                assert self.ended.setdefault((task, number), row) == row
                assert attempt.error_type == "timeout" or attempt.text in row[4:6]


TASKS = """
SELECT tasks.id, queues.name, tasks.status, attempts, worker, error_type,
    reviewed_at, finished_at, late_at, news_at, late_attempt, late_outcome,
    iif(tasks.status = 'running', stale_warned_at, NULL)
FROM tasks JOIN queues ON queues.id = queue_id ORDER BY tasks.id
"""
IDS_IN_LINE = """
SELECT tasks.id FROM tasks JOIN queues ON queues.id = queue_id
WHERE queues.name = :queue AND tasks.status = 'queued' ORDER BY position
"""
ATTEMPTS = """
SELECT task_id, attempt, worker, claimed_at, outcome, finished_at, result, error, data, error_type, revision FROM attempts
"""
CHECKS = "SELECT task_id, attempt, number, command, outcome FROM checks ORDER BY task_id, attempt, number"

TestLifeCycle = holds("history-stays", "counters", "model", "twice-only-on-purpose", "strict-queue", "pause", "check")(
    LifeCycle.TestCase
)
TestLifeCycle.settings = settings(
    max_examples=extent(200, 500, 3000),
    stateful_step_count=50,
    derandomize=EXTENT != "soak",
    phases=(Phase.generate,) if EXTENT == BROKEN else tuple(Phase),
)


@pytest.fixture(autouse=True)
def _counted(counts: Figures) -> Iterator[None]:
    yield
    counts(LifeCycle.done)
