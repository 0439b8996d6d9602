"""The life cycle against a plain Python model of it: two connections, stale attempts, a clock that jumps."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from sparkq_core import queues
from sparkq_core.maintenance import purge
from sparkq_core.model import Counts
from sparkq_core.stale import sweep
from tests.core.model_person import Person
from tests.core.model_state import CONNECTION, QUEUES
from tests.core.model_workers import Workers
from tests.core.plain_model import TIMEOUT
from tests.harness.clocks import HOUR, SECOND
from tests.promises import holds
from tests.proof.counts import Counts as Figures
from tests.proof.extent import BROKEN, EXTENT, extent

TURNS = {
    "end": {"active": "ended", "ended": "ended"},
    "reopen": {"active": "active", "ended": "active"},
    "archive": {"active": "archived", "ended": "archived", "archived": "archived"},
    "unarchive": {"active": "active", "ended": "ended", "archived": "active"},
}
"""What becomes of a queue; where nothing stands, it is refused as closed."""


class LifeCycle(Workers, Person):
    """The verbs of workers and of yours, with what happens to queues and to the time."""

    @rule(on=CONNECTION, ages=st.sampled_from([(0, 2 * HOUR), (TIMEOUT, TIMEOUT), (TIMEOUT, HOUR)]))
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

    @rule(on=CONNECTION, queue=st.sampled_from(QUEUES), turn=st.sampled_from(list(TURNS)))
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

    @rule(on=CONNECTION, queue=st.sampled_from(QUEUES), verb=st.sampled_from(["pause", "resume", "resume"]))
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

    @rule(on=CONNECTION)
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
    @rule(on=CONNECTION, timeouts=st.integers(1, 2))
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
