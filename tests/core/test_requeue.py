"""Back into the line, and out of it."""

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import ClaimLost, InvalidText, QueueClosed, WrongState
from sparkq_core.project import SparkQ
from sparkq_core.text import MAX_TEXT
from tests.harness.clocks import HOUR, SetClock
from tests.harness.task_steps import (
    add,
    attempts,
    claimed_task,
    queued_ids,
    refusal_of,
    take,
    timed_out_task,
    timeline,
)
from tests.promises import holds


def failed(sq: SparkQ, prompt: str = "one") -> int:
    """The id of a task that has failed."""
    task = claimed_task(sq, prompt)
    tasks.fail(sq, task.id, "boom")
    return task.id


@holds("requeue", "nothing-lost")
def test_a_requeued_task_keeps_its_id_and_its_attempts(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)

    task = tasks.requeue(sq, task_id).task

    assert (task.id, task.status, task.attempts) == (task_id, "queued", 1)
    assert (task.worker, task.finished_at, task.error_type) == (None, None, None)
    assert [attempt.error for attempt in attempts(sq, task_id)] == ["boom"]


def test_a_requeued_task_tells_where_it_stands(sq: SparkQ, queue: str) -> None:
    first, second = failed(sq), failed(sq, "two")
    add(sq, "three")

    assert tasks.requeue(sq, first).place == 2
    assert tasks.requeue(sq, second, front=True).place == 1


@holds("requeue-feedback")
def test_a_prompt_given_with_the_requeue_is_the_next_revision(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)

    task = tasks.requeue(sq, task_id, prompt="better").task

    assert (task.revision, task.title) == (2, "better")
    assert take(sq).prompt == "better"
    assert [attempt.revision for attempt in attempts(sq, task_id)] == [1, 2]


@holds("manual-recovery")
def test_a_task_that_timed_out_can_be_requeued(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)

    tasks.requeue(sq, task.id)

    assert take(sq, "bob").task.attempts == 2


def test_a_requeued_task_starts_with_a_fresh_stale_clock(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    tasks.requeue(sq, task.id)
    again = take(sq, "bob").task

    assert (again.heartbeat_at, again.stale_warned_at, again.deadline) == (None, None, clock.now() + 120_000)


def test_the_same_requeue_twice_is_harmless(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    (other,) = add(sq, "two")

    first = tasks.requeue(sq, task_id, feedback="again")
    again = tasks.requeue(sq, task_id, feedback="again")

    assert (first.again, again.again) == (False, True)
    assert (again.task, again.place) == (first.task, 2)
    assert queued_ids(sq) == [other, task_id]
    assert timeline(sq, task_id).count("requeued") == 1


def test_the_same_requeue_with_a_prompt_twice_is_harmless(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)

    first = tasks.requeue(sq, task_id, prompt="better").task

    assert tasks.requeue(sq, task_id, prompt="better").task == first


def test_another_feedback_for_a_waiting_task_is_refused(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id, feedback="this")

    with pytest.raises(WrongState, match="it is queued"):
        tasks.requeue(sq, task_id, feedback="that")


def test_a_requeue_to_the_front_of_a_waiting_task_does_not_pass_silently(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    add(sq, "two")
    tasks.requeue(sq, task_id)

    try:
        tasks.requeue(sq, task_id, front=True)
    except WrongState:
        return
    assert queued_ids(sq)[0] == task_id


def test_the_same_requeue_to_the_front_twice_is_harmless_while_the_tasks_are_there(sq: SparkQ, queue: str) -> None:
    first, second = failed(sq), failed(sq)
    add(sq, "three")
    moved = tasks.requeue_all(sq, [first, second], front=True, feedback="this")
    again = tasks.requeue_all(sq, [first, second], front=True, feedback="this")

    assert [each.place for each in moved] == [each.place for each in again] == [1, 2]
    assert queued_ids(sq)[:2] == [first, second]
    tasks.to_front(sq, second)
    with pytest.raises(WrongState):
        tasks.requeue(sq, first, front=True, feedback="this")


@holds("twice-only-on-purpose")
def test_a_task_that_never_failed_cannot_be_requeued(sq: SparkQ, queue: str) -> None:
    (waiting,) = add(sq, "one")
    running = claimed_task(sq, "two").id

    for task_id in (waiting, running):
        with pytest.raises(WrongState, match=f"#{task_id} cannot be requeued: it "):
            tasks.requeue(sq, task_id)


@holds("requeue-again")
def test_a_succeeded_task_is_done_again_only_when_asked(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done")

    with pytest.raises(WrongState, match="it has succeeded"):
        tasks.requeue(sq, task.id)

    assert tasks.requeue(sq, task.id, again=True).task.status == "queued"
    assert attempts(sq, task.id)[0].result == "done"


def test_a_requeue_takes_the_review_mark_away(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(Exception, match="timed out"):
        tasks.complete(sq, task.id, "done")
    tasks.accept(sq, task.id)

    assert tasks.requeue(sq, task.id, again=True).task.reviewed_at is None


@pytest.mark.parametrize("bad", ["", "a\x00", "\ud800", "x" * (MAX_TEXT + 1)])
def test_bad_feedback_requeues_nothing(sq: SparkQ, queue: str, bad: str) -> None:
    task_id = failed(sq)

    for words in ({"feedback": bad}, {"prompt": bad}):
        with pytest.raises(InvalidText):
            tasks.requeue(sq, task_id, **words)  # type: ignore[arg-type]  # any of them

    assert tasks.get(sq, task_id).status == "failed"


def test_an_archived_queue_takes_nothing_back(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    queues.archive(sq, queue)

    with pytest.raises(QueueClosed, match="archived"):
        tasks.requeue(sq, task_id)

    assert tasks.get(sq, task_id).status == "failed"


@holds("cancel")
def test_a_cancelled_task_leaves_the_line(sq: SparkQ, queue: str) -> None:
    first, second = add(sq, "one", "two")

    task = tasks.cancel(sq, first, "not needed")

    assert (task.status, task.error_type) == ("cancelled", None)
    assert task.reviewed_at == task.finished_at
    assert queued_ids(sq) == [second]
    assert tasks.detail(sq, first).events[-1].text == "not needed"


def test_cancelling_again_is_harmless(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    first = tasks.cancel(sq, task_id)

    assert tasks.cancel(sq, task_id) == first
    assert timeline(sq, task_id) == ["enqueued", "cancelled"]


def test_a_cancelled_task_can_come_back(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    tasks.cancel(sq, task_id)
    tasks.requeue(sq, task_id)

    assert take(sq).task.attempts == 1


@holds("cancel")
def test_a_worker_brings_back_a_failed_task_but_not_a_cancelled_one(sq: SparkQ, queue: str) -> None:
    broken = failed(sq)
    (cancelled,) = add(sq, "not wanted")
    before = tasks.cancel(sq, cancelled)

    with pytest.raises(WrongState, match="only the person can requeue it"):
        tasks.requeue(sq, cancelled, by_worker=True)

    assert tasks.get(sq, cancelled) == before
    assert tasks.requeue(sq, broken, by_worker=True).task.status == "queued"


def test_a_worker_does_not_overrule_a_late_result_that_waits(sq: SparkQ, queue: str, clock: SetClock) -> None:
    silent, late = timed_out_task(sq, clock), timed_out_task(sq, clock)
    assert refusal_of(lambda: tasks.complete(sq, late.id, "after all", attempt=1))

    with pytest.raises(WrongState, match="the person decides"):
        tasks.requeue(sq, late.id, by_worker=True)

    assert tasks.requeue(sq, silent.id, by_worker=True).task.status == "queued"
    assert tasks.requeue(sq, late.id).task.status == "queued"


def test_only_a_queued_task_can_be_cancelled(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)

    with pytest.raises(WrongState, match="attempt 1 of ann"):
        tasks.cancel(sq, task.id)

    assert tasks.get(sq, task.id).status == "running"


def test_of_a_task_cancelled_after_a_release_no_attempt_is_named_as_its_end(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    tasks.cancel(sq, task.id)

    with pytest.raises(WrongState, match=f"^#{task.id} cannot be edited: it was cancelled\\.$"):
        tasks.edit(sq, task.id, prompt="other words")


def test_a_cancelled_task_never_times_out(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    tasks.cancel(sq, task.id)
    clock.move(8 * HOUR)

    assert tasks.get(sq, task.id).status == "cancelled"


def test_a_cancelled_task_comes_back_with_its_feedback_and_its_late_result(sq: SparkQ, queue: str) -> None:
    """It was cancelled by mistake: nobody has done it, or has seen what came late."""
    task_id = failed(sq)
    tasks.requeue(sq, task_id, feedback="Keep the API.")
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "It works after all.", attempt=1)
    before = [each.seen for each in inbox.unreviewed(sq).tasks]
    tasks.cancel(sq, task_id)

    tasks.requeue(sq, task_id)
    assert tasks.requeue(sq, task_id).again
    assert [each.seen for each in inbox.unreviewed(sq).tasks] == before != []
    claim = take(sq)
    assert claim.earlier is not None
    assert claim.feedback == "Keep the API."


def test_a_cancelled_task_comes_back_with_other_feedback_and_without_what_was_seen(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id, feedback="Keep the API.")
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "It works after all.", attempt=1)
    tasks.cancel(sq, task_id)
    (entry,) = inbox.unreviewed(sq).tasks

    tasks.requeue(sq, task_id, feedback="Change it.", seen=entry.seen)
    assert inbox.unreviewed(sq).tasks == ()
    assert take(sq).feedback == "Change it."
