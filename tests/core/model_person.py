"""What you do with tasks in the model of the life cycle: answer, change, move, accept, send back, undo."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sparkq_core import inbox, tasks
from sparkq_core.errors import (
    InvalidValue,
    QueueClosed,
    Unseen,
    WrongState,
)
from sparkq_core.model import Seen
from sparkq_core.tasks import undo
from tests.core.model_state import BACK, CONNECTION, PICK, QUEUES, WORDS, ModelState
from tests.core.plain_model import ACCEPTED_FROM, Job, Refusal, Verdict
from tests.harness.task_steps import refusal_of


class Person(ModelState):
    """Each rule does one verb of yours through either connection, and the same to the model."""

    @precondition(lambda self: self.has("answer"))
    @rule(on=CONNECTION, pick=PICK, back=BACK, text=WORDS)
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
        on=CONNECTION,
        pick=PICK,
        front=st.booleans(),
        again=st.booleans(),
        by_worker=st.booleans(),
        feedback=st.none() | WORDS,
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
            before, was_cancelled = job.kept(), job.status == "cancelled"
            if not (was_cancelled and job.reviewed_at is None):  # cancelled with a late text that nobody has seen
                job.forget_late()
            job.wait()
            if feedback is not None or not was_cancelled:
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
    @rule(on=CONNECTION, pick=PICK)
    def cancel(self, on: int, pick: tuple[int, bool]) -> None:
        job = self.some(pick, "cancel")
        allowed = job.status in ("queued", "held", "cancelled")
        self.refused(job, None if allowed else WrongState, refusal_of(lambda: tasks.cancel(self.handles[on], job.id)))
        if job.status in ("queued", "held"):
            job.touched()
            job.status, job.finished_at = "cancelled", self.clock.now()
            job.reviewed_at = None if job.late_at is not None else self.clock.now()

    @precondition(lambda self: self.has("edit"))
    @rule(on=CONNECTION, pick=PICK, prompt=WORDS, feedback=st.none() | st.just("") | WORDS)
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
    @rule(on=CONNECTION, pick=PICK, elsewhere=st.sampled_from([True, True, False]), front=st.booleans())
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
            if job.queue != queue:
                job.queue = queue
                job.touched()

    @precondition(lambda self: self.has("claim"))
    @rule(on=CONNECTION, pick=PICK, beside=PICK, where=st.sampled_from(["after", "before"]))
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

    def stays(self, job: Job) -> Refusal:
        """Why a task keeps its place."""
        if job.status != "queued":
            return WrongState
        return QueueClosed if self.states[job.queue] == "archived" else None

    @precondition(lambda self: self.has("accept"))
    @rule(on=CONNECTION, pick=PICK, back=BACK)
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
    @rule(on=CONNECTION, pick=PICK, stale=st.booleans())
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
    @rule(on=CONNECTION, pick=PICK)
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
    @rule(on=CONNECTION, pick=PICK)
    def undo_this(self, on: int, pick: tuple[int, bool]) -> None:
        job = self.some(pick, "undo")
        fresh = job.verdict is not None and job.verdict.fresh
        self.refused(job, None if fresh else WrongState, refusal_of(lambda: undo.unreview(self.handles[on], [job.id])))
        self.undone(job.verdict)

    @precondition(lambda self: self.verdicts)
    @rule(on=CONNECTION)
    def undo_the_last(self, on: int) -> None:
        last = self.verdicts[-1]
        refusal = refusal_of(lambda: undo.unreview(self.handles[on]))
        self.refused(last.job, None if last.fresh else WrongState, refusal)
        self.undone(last)

    def undone(self, verdict: Verdict | None) -> None:
        if verdict is not None and verdict.fresh:
            self.verdicts.remove(verdict)
            verdict.job.unreview()
