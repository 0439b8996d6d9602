"""What workers do in the model of the life cycle: claim, check, settle, report, ask."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sparkq_core import tasks
from sparkq_core.errors import (
    AttemptNeeded,
    CheckFailed,
    CheckMissing,
    ClaimLost,
    NoSuchTask,
    QueueWaits,
    WrongState,
)
from sparkq_core.model import Claim, Settled
from sparkq_core.project import SparkQ
from sparkq_core.tasks.check import NoCheck, Run
from tests.core.model_state import BACK, CONNECTION, FOLLOWER, PICK, WORDS, ModelState
from tests.core.plain_model import Job, Refusal
from tests.harness.task_steps import refusal_of


class Workers(ModelState):
    """Each rule does one verb of a worker through either connection, and the same to the model."""

    @precondition(lambda self: self.has("claim"))
    @rule(on=CONNECTION, pick=PICK, worker=st.sampled_from(["ann", "bob"]))
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

    @precondition(lambda self: self.has("settle"))
    @rule(on=CONNECTION, pick=PICK, back=BACK, text=WORDS, verb=st.sampled_from(["complete", "fail"]), worker=FOLLOWER)
    def settle(
        self, on: int, pick: tuple[int, bool], back: int | None, text: str, verb: str, worker: str | None
    ) -> None:
        self.settled(self.handles[on], self.some(pick, "settle"), back, text, verb, worker)

    @precondition(lambda self: self.has("settle too late"))
    @rule(on=CONNECTION, pick=PICK, back=BACK, text=WORDS, verb=st.sampled_from(["complete", "complete", "fail"]))
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

    @precondition(lambda self: self.has("progress"))
    @rule(
        on=CONNECTION,
        pick=PICK,
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
    @rule(on=CONNECTION, exit_code=st.sampled_from([0, 1, 1, None]))
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
    @rule(on=CONNECTION, pick=PICK, back=BACK)
    def progress(self, on: int, pick: tuple[int, bool], back: int | None) -> None:
        job = self.some(pick, "progress")
        attempt = job.number(back)
        wanted = job.refuses(attempt)
        self.refused(job, wanted, refusal_of(lambda: tasks.progress(self.handles[on], job.id, attempt=attempt)))
        if wanted is None:
            job.heard_at, job.warned_at = self.clock.now(), None

    @precondition(lambda self: self.has("release"))
    @rule(on=CONNECTION, pick=PICK, back=BACK, question=st.none() | WORDS)
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
