"""Time passes: one timeout of silence is a warning, two are the end, and the warning always comes first."""

from collections.abc import Callable

import pytest

from sparkq_core import events, inbox, queues, statistics, tasks, wire
from sparkq_core.clock import DAY
from sparkq_core.maintenance import marks
from sparkq_core.maintenance.rounds import upkeep
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.tasks import Wanted
from tests.harness.clocks import HOUR, SECOND, RunningClock, SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts, claimed_task, take, timed_out_task, timeline
from tests.promises import holds


def moved_and_swept(sq: SparkQ, clock: SetClock, *steps: float) -> list[tuple[int, int]]:
    """How many each sweep warned and failed, one after each step in seconds."""
    counts = []
    for seconds in steps:
        clock.move(seconds)
        swept = sweep(sq)
        counts.append((len(swept.warned), len(swept.failed)))
    return counts


@holds("warn")
def test_a_silent_task_is_warned_after_one_timeout_and_not_before(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)

    assert moved_and_swept(sq, clock, 59.999, 0.001) == [(0, 0), (1, 0)]

    warned = tasks.get(sq, task.id)
    assert (warned.status, warned.stale_warned_at) == ("running", clock.now())
    assert timeline(sq, task.id)[-1] == "stale"


@holds("auto-fail")
def test_a_silent_task_fails_after_two_timeouts_and_not_before(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, worker="ann", timeout=60)

    assert moved_and_swept(sq, clock, 60, 59.999, 0.001) == [(1, 0), (0, 0), (0, 1)]

    failed = tasks.get(sq, task.id)
    assert (failed.status, failed.error_type, failed.finished_at) == ("failed", "timeout", clock.now())
    (attempt,) = attempts(sq, task.id)
    assert (attempt.outcome, attempt.error_type) == ("failed", "timeout")
    assert "ann" in (attempt.error or "")
    assert timeline(sq, task.id)[-1] == "timed out"


@holds("warn", "auto-fail")
def test_the_timeout_is_the_tasks_own(sq: SparkQ, queue: str, clock: SetClock) -> None:
    claimed_task(sq, timeout=60)
    claimed_task(sq, timeout=90)

    assert moved_and_swept(sq, clock, 60, 30, 30, 60) == [(1, 0), (1, 0), (0, 1), (0, 1)]


@holds("heartbeat")
def test_a_heartbeat_restarts_the_clock(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(50)
    tasks.progress(sq, task.id)

    assert moved_and_swept(sq, clock, 59.999, 0.001, 59.999, 0.001) == [(0, 0), (1, 0), (0, 0), (0, 1)]


def test_a_worker_that_was_heard_of_has_two_timeouts_from_then(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(100)
    tasks.progress(sq, task.id)

    assert moved_and_swept(sq, clock, 60, 59.999, 0.001) == [(1, 0), (0, 0), (0, 1)]


def test_a_heartbeat_takes_the_warning_back(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    moved_and_swept(sq, clock, 60)

    assert tasks.progress(sq, task.id).stale_warned_at is None
    assert moved_and_swept(sq, clock, 59, 1, 60) == [(0, 0), (1, 0), (0, 1)]


def test_a_worker_that_is_heard_of_again_and_again_is_never_failed(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    for _ in range(20):
        clock.move(119)
        tasks.progress(sq, task.id)

    assert tasks.get(sq, task.id).status == "running"


@holds("auto-fail-after-sleep")
def test_after_a_night_of_sleep_the_warning_comes_first(sq: SparkQ, queue: str, clock: SetClock) -> None:
    claimed_task(sq, timeout=60)

    assert moved_and_swept(sq, clock, 8 * HOUR, 0, 59.999, 0.001) == [(1, 0), (0, 0), (0, 0), (0, 1)]


@holds("auto-fail-after-sleep")
def test_a_late_warning_gives_the_worker_one_whole_timeout(sq: SparkQ, queue: str, clock: SetClock) -> None:
    claimed_task(sq, timeout=60)

    assert moved_and_swept(sq, clock, 90, 30, 29.999, 0.001) == [(1, 0), (0, 0), (0, 0), (0, 1)]


def test_the_deadline_that_was_told_is_the_moment_of_failing(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    moved_and_swept(sq, clock, 95)
    deadline = tasks.get(sq, task.id).deadline
    assert deadline is not None

    clock.at = deadline - 1
    assert tasks.get(sq, task.id).status == "running"
    clock.at = deadline
    assert tasks.get(sq, task.id).status == "failed"


@pytest.mark.usefixtures("queue")
class TestAfterTheWarning:
    """The machine sleeps, or its clock is set, between the warning and the end of a task."""

    @pytest.fixture
    def clock(self) -> RunningClock:
        return RunningClock()

    @holds("auto-fail-after-sleep")
    @pytest.mark.parametrize("skipped", [(8 * HOUR,), (HOUR, HOUR, 40 * 24 * HOUR), (-HOUR, 2 * HOUR)])
    def test_a_warned_task_has_one_whole_timeout_of_running_time(
        self, sq: SparkQ, clock: RunningClock, skipped: tuple[float, ...]
    ) -> None:
        task = claimed_task(sq, timeout=60)
        clock.run(60)
        assert tasks.get(sq, task.id).stale_warned_at is not None

        clock.run(30)
        for seconds in skipped:
            clock.move(seconds)
            assert len(sweep(sq).failed) == 0
        left = tasks.get(sq, task.id)
        assert left.deadline is not None
        assert left.deadline - clock.now() <= 60 * SECOND
        clock.run(29.9)
        assert tasks.get(sq, task.id).status == "running"
        clock.run(60)
        tasks.get(sq, task.id)
        clock.run(60)

        assert tasks.get(sq, task.id).status == "failed"

    @holds("auto-fail-after-sleep")
    def test_a_claim_that_comes_first_after_the_sleep_gives_it_back_too(self, sq: SparkQ, clock: RunningClock) -> None:
        task = claimed_task(sq, timeout=60)
        clock.run(60)
        sweep(sq)
        clock.run(30)
        clock.move(8 * HOUR)

        assert tasks.claim(sq, "backend", "bob") is None

        assert tasks.get(sq, task.id).deadline == clock.now() + 30 * SECOND

    def test_a_look_for_the_purge_does_not_hide_the_sleep(self, sq: SparkQ, clock: RunningClock) -> None:
        old = claimed_task(sq)
        tasks.complete(sq, old.id, "did it")
        clock.move(31 * 24 * HOUR)
        task = claimed_task(sq, timeout=600)
        upkeep(sq)
        clock.run(600)
        upkeep(sq)
        clock.move(400)  # asleep, but not past the deadline
        marks.observed(sq)
        clock.run(599.9)

        upkeep(sq)

        assert tasks.get(sq, task.id).status == "running"
        clock.run(0.1)
        assert tasks.get(sq, task.id).status == "failed"

    def test_after_a_restart_of_the_machine_its_clock_counts(self, sq: SparkQ, clock: RunningClock) -> None:
        task = claimed_task(sq, timeout=60)
        clock.run(60)
        sweep(sq)
        clock.ticks = 1.0
        clock.move(60)

        assert tasks.get(sq, task.id).status == "failed"


@holds("auto-fail-after-sleep")
def test_a_clock_set_back_fails_nothing_early(sq: SparkQ, queue: str, clock: SetClock) -> None:
    claimed_task(sq, timeout=60)

    assert moved_and_swept(sq, clock, -HOUR, 59.999, 0.001, 59.999, 0.001) == [
        (0, 0),
        (0, 0),
        (1, 0),
        (0, 0),
        (0, 1),
    ]


@holds("auto-fail-after-sleep")
def test_a_clock_that_is_right_again_warns_first_like_a_laptop_that_slept(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    claimed_task(sq, timeout=60)

    assert moved_and_swept(sq, clock, -HOUR, HOUR, 59.999, 0.001) == [(0, 0), (1, 0), (0, 0), (0, 1)]


@holds("clock-set-back")
def test_after_the_clock_was_set_back_no_deadline_is_more_than_two_timeouts_ahead(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    silent, heard = claimed_task(sq, timeout=60), claimed_task(sq, timeout=60)
    tasks.progress(sq, heard.id)

    clock.move(-8 * HOUR)

    assert [tasks.get(sq, task.id).deadline for task in (silent, heard)] == [clock.now() + 120 * SECOND] * 2
    assert moved_and_swept(sq, clock, 60, 60) == [(2, 0), (0, 2)]
    (attempt,) = attempts(sq, silent.id)
    assert (attempt.duration_ms, tasks.get(sq, silent.id).duration_ms) == (0, 0)
    assert attempt.error == "ann was silent for 120 s; the timeout is 60 s."


@holds("clock-set-back")
def test_one_look_of_a_clock_that_was_forty_days_ahead_is_forgotten(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)

    assert moved_and_swept(sq, clock, 40 * 24 * HOUR, -40 * 24 * HOUR) == [(1, 0), (0, 0)]

    assert tasks.get(sq, task.id).deadline == clock.now() + 120 * SECOND
    assert moved_and_swept(sq, clock, 60, 60) == [(1, 0), (0, 1)]


@holds("clock-set-back")
def test_work_that_ended_before_it_began_took_no_time(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq)
    clock.move(-8 * HOUR)

    settled = tasks.complete(sq, task.id, "done")

    assert wire.settled(settled)["duration_s"] == 0
    (line,) = inbox.unreviewed(sq).tasks
    assert wire.finished(line, clock.now())["duration_s"] == 0
    assert statistics.of(sq, clock.now() - DAY, clock.now() + 1).total.p90_ms == 0


def test_a_heartbeat_after_the_clock_was_set_back_counts_from_then(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(-HOUR)
    tasks.progress(sq, task.id)

    assert moved_and_swept(sq, clock, 60, 60) == [(1, 0), (0, 1)]


@holds("idempotent-sweep")
def test_a_second_sweep_at_the_same_moment_changes_nothing(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(60)
    sweep(sq)
    before = tasks.detail(sq, task.id)

    assert sweep(second_handle(sq)).warned == ()
    assert tasks.detail(sq, task.id) == before


def test_a_sweep_with_nothing_due_writes_nothing(sq: SparkQ, queue: str, clock: SetClock) -> None:
    claimed_task(sq, timeout=60)
    other = second_handle(sq)
    before = other.db.data_version()

    clock.move(59)
    sweep(sq)

    assert other.db.data_version() == before


@holds("manual")
def test_waiting_and_finished_tasks_are_never_swept(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done, failed = claimed_task(sq), claimed_task(sq, "two")
    tasks.complete(sq, done.id, "done")
    tasks.fail(sq, failed.id, "boom")
    add(sq, "three")

    assert moved_and_swept(sq, clock, 60, 60, 8 * HOUR) == [(0, 0)] * 3


def test_a_settled_task_is_not_failed_by_the_sweep_that_was_due(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    moved_and_swept(sq, clock, 60)
    clock.move(60)
    tasks.complete(sq, task.id, "just in time", attempt=1)

    assert sweep(second_handle(sq)).failed == ()
    assert tasks.get(sq, task.id).status == "succeeded"


PASSERS_BY: dict[str, Callable[[SparkQ, int], object]] = {
    "claim": lambda sq, _: tasks.claim(sq, "backend", "bob"),
    "peek": lambda sq, _: tasks.peek(sq, "backend"),
    "page": lambda sq, _: tasks.list_page(sq, Wanted(status="running")),
    "get": tasks.get,
    "detail": tasks.detail,
    "queues": lambda sq, _: queues.all_of(sq),
    "counts": lambda sq, _: queues.counts_of(sq, queues.by_name(sq, "backend")),
}


@holds("sweep-without-leader")
@pytest.mark.parametrize("verb", PASSERS_BY)
def test_every_verb_applies_the_sweeps_that_are_due(sq: SparkQ, queue: str, clock: SetClock, verb: str) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(60)
    PASSERS_BY[verb](sq, task.id)
    clock.move(60)
    PASSERS_BY[verb](sq, task.id)

    kinds = [event.kind for event in events.after(sq, 0) if event.task_id == task.id]
    assert kinds == ["enqueued", "claimed", "stale", "timed out"]


@holds("sweep-without-leader")
def test_a_list_shows_no_task_as_running_that_is_past_its_end(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    moved_and_swept(sq, clock, 60)
    clock.move(60)

    assert [task.id for task in tasks.list_page(sq, Wanted(status="failed")).tasks] == [task.id]


def test_a_task_that_timed_out_has_no_worker_of_its_next_attempt_to_fear(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task = timed_out_task(sq, clock)
    tasks.requeue(sq, task.id)
    take(sq, "bob")

    assert moved_and_swept(sq, clock, 59, 1) == [(0, 0), (1, 0)]
    assert tasks.get(sq, task.id).worker == "bob"


def test_a_running_task_of_an_archived_queue_still_times_out(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    queues.archive(sq, queue)

    assert moved_and_swept(sq, clock, 60, 60) == [(1, 0), (0, 1)]
    assert tasks.get(sq, task.id).error_type == "timeout"


def test_the_ended_attempt_remembers_its_warning_and_its_heartbeat(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(10)
    tasks.progress(sq, task.id)
    heard = clock.now()
    moved_and_swept(sq, clock, 60)
    warned = clock.now()
    moved_and_swept(sq, clock, 60)

    (attempt,) = attempts(sq, task.id)
    assert (attempt.heartbeat_at, attempt.stale_warned_at, attempt.finished_at) == (heard, warned, clock.now())
