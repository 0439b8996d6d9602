"""What comes too late is refused to the worker and kept for the person."""

from collections.abc import Callable

import pytest

from sparkq_core import tasks
from sparkq_core.errors import ClaimLost, WrongState
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, attempts, claimed_task, take, timed_out_task, timeline
from tests.promises import holds


def late(sq: SparkQ, task_id: int, text: str, *, data: object = None, attempt: int = 1) -> None:
    """Complete an attempt that has ended."""
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, text, data=data, attempt=attempt)


@holds("lost-claim")
def test_the_text_of_a_lost_attempt_is_kept_on_its_own_attempt(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, worker="ann")
    tasks.fail(sq, task.id, "boom")
    tasks.requeue(sq, task.id)
    take(sq, "bob")

    late(sq, task.id, "found it", data={"at": 3})

    first, second = attempts(sq, task.id)
    assert (first.late_outcome, first.late_text, first.late_data) == ("succeeded", "found it", '{"at":3}')
    assert (first.outcome, first.error) == ("failed", "boom")
    assert (second.late_text, second.outcome) == (None, None)


@holds("late-result")
def test_a_result_after_the_timeout_is_refused_and_kept(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    clock.move(5)

    with pytest.raises(ClaimLost, match=r"has timed out \(attempt 1 of ann\)"):
        tasks.complete(sq, task.id, "done", attempt=1)

    (attempt,) = attempts(sq, task.id)
    assert (attempt.late_text, attempt.late_at) == ("done", clock.now())
    assert tasks.get(sq, task.id).status == "failed"


def test_a_result_after_the_timeout_is_kept_without_a_number_too(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)

    with pytest.raises(ClaimLost):
        tasks.complete(sq, task.id, "done")

    assert attempts(sq, task.id)[0].late_text == "done"


@pytest.mark.parametrize("settle", [tasks.complete, tasks.fail])
def test_a_person_who_fails_an_attempt_that_has_ended_leaves_nothing_on_it(
    sq: SparkQ, queue: str, settle: Callable[[SparkQ, int, str], object]
) -> None:
    task = claimed_task(sq)
    settle(sq, task.id, "the worker's own words")
    before = all_rows(sq)

    with pytest.raises(ClaimLost, match="no longer holds") as refusal:
        tasks.fail(sq, task.id, "The worker is gone.", attempt=1, keep_late=False)

    assert refusal.value.hint == "Look at the task again."
    assert all_rows(sq) == before


def test_the_same_late_result_again_is_kept_once(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    late(sq, task.id, "done")

    assert timeline(sq, task.id).count("late") == 1


def test_a_late_failure_told_again_and_again_is_kept_once(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    for _ in range(3):
        with pytest.raises(ClaimLost):
            tasks.fail(sq, task.id, "gave up", attempt=1)

    assert timeline(sq, task.id).count("late") == 2


@holds("nothing-lost")
def test_every_late_text_stays_in_the_timeline(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "first")
    late(sq, task.id, "second")

    kept = [event.text for event in tasks.detail(sq, task.id).events if event.kind == "late"]
    assert kept == ["first", "second"]


def test_a_success_told_in_other_words_keeps_both_texts(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done", attempt=1)

    assert tasks.complete(sq, task.id, "done, and more", attempt=1).again

    (attempt,) = attempts(sq, task.id)
    assert (attempt.result, attempt.late_text) == ("done", "done, and more")


def test_the_same_text_with_other_data_keeps_both_data(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done", data={"files": 1}, attempt=1)
    tasks.complete(sq, task.id, "done", data={"files": 2}, attempt=1)

    (attempt,) = attempts(sq, task.id)
    assert (attempt.data, attempt.late_data) == ('{"files":1}', '{"files":2}')


def test_a_late_failure_does_not_take_the_late_result_away(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done", data={"files": 2})
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "gave up", attempt=1)

    tasks.accept(sq, task.id)

    (attempt,) = attempts(sq, task.id)
    assert (attempt.late_text, attempt.late_data) == ("done", '{"files":2}')


@holds("late-result")
def test_a_person_accepts_a_late_result(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    clock.move(60)

    accepted = tasks.accept(sq, task.id)

    assert (accepted.status, accepted.error_type, accepted.reviewed_at) == ("succeeded", None, clock.now())
    (attempt,) = attempts(sq, task.id)
    assert (attempt.outcome, attempt.error_type, attempt.accepted_at) == ("failed", "timeout", clock.now())
    assert timeline(sq, task.id)[-2:] == ["late", "accepted"]


@pytest.mark.parametrize("settle", [tasks.complete, tasks.fail])
def test_an_accepted_result_is_not_changed_by_what_comes_later(
    sq: SparkQ, queue: str, clock: SetClock, settle: Callable[..., object]
) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    tasks.accept(sq, task.id)

    with pytest.raises(ClaimLost):
        settle(sq, task.id, "something else", attempt=1)

    (attempt,) = attempts(sq, task.id)
    assert (attempt.late_outcome, attempt.late_text) == ("succeeded", "done")
    assert tasks.get(sq, task.id).status == "succeeded"


def test_a_timeout_without_a_late_result_has_nothing_to_accept(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)

    with pytest.raises(WrongState, match="no result has come"):
        tasks.accept(sq, task.id)


def test_a_late_failure_is_nothing_to_accept(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "gave up", attempt=1)

    with pytest.raises(WrongState):
        tasks.accept(sq, task.id)

    assert tasks.get(sq, task.id).status == "failed"


def test_only_a_timeout_can_be_accepted(sq: SparkQ, queue: str) -> None:
    failed = claimed_task(sq)
    tasks.fail(sq, failed.id, "boom")
    late(sq, failed.id, "done after all")
    (queued,) = add(sq, "two")

    for task_id in (failed.id, queued):
        with pytest.raises(WrongState, match=r"cannot be accepted: it "):
            tasks.accept(sq, task_id)


@holds("late-result")
def test_a_late_result_is_not_accepted_over_a_new_attempt(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    tasks.requeue(sq, task.id)

    with pytest.raises(WrongState, match="it is queued"):
        tasks.accept(sq, task.id)
