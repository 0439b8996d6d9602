"""What comes too late is refused to the worker and kept for the person."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from sparkq_core import inbox, tasks, wire
from sparkq_core.errors import ClaimLost, InvalidValue, Unseen, WrongState
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
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

    with pytest.raises(WrongState, match="has no late result"):
        tasks.accept(sq, task.id)


def test_a_late_failure_is_nothing_to_accept(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "gave up", attempt=1)

    with pytest.raises(WrongState):
        tasks.accept(sq, task.id)

    assert tasks.get(sq, task.id).status == "failed"


@pytest.mark.parametrize("end", [tasks.fail, tasks.release, tasks.complete])
def test_a_text_after_any_end_makes_the_task_news_again(
    sq: SparkQ, queue: str, clock: SetClock, end: Callable[[SparkQ, int, str], object]
) -> None:
    task = claimed_task(sq)
    end(sq, task.id, "the first words")
    if tasks.get(sq, task.id).finished_at is not None:
        inbox.review(sq, task.id)
    clock.move(5)

    with suppress(ClaimLost):
        tasks.complete(sq, task.id, "other words", attempt=1)

    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.task.id, entry.late_text, entry.task.late_at) == (task.id, "other words", clock.now())
    assert (entry.task.late_outcome, entry.task.late_attempt) == ("succeeded", 1)
    assert inbox.waiting(sq) == 1


def test_a_correction_after_a_success_is_shown_and_leaves_the_outcome(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "all pass")
    inbox.review(sq, task.id)

    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "I was wrong: 2 tests fail", attempt=1)

    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.summary, entry.late_text, entry.task.late_outcome) == (
        *("all pass", "I was wrong: 2 tests fail"),
        "failed",
    )
    assert [reviewed.status for reviewed in inbox.accept_all(sq, [entry.seen])] == ["succeeded"]
    assert inbox.waiting(sq) == 0


def test_a_text_that_comes_while_another_attempt_runs_is_shown_with_its_outcome(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task = timed_out_task(sq, clock)
    tasks.requeue(sq, task.id)
    take(sq, "bob")
    late(sq, task.id, "the first worker's result")
    assert inbox.unreviewed(sq).tasks == ()

    clock.move(1)
    tasks.complete(sq, task.id, "the second worker's result")

    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.summary, entry.late_text) == ("the second worker's result", "the first worker's result")
    (accepted,) = inbox.accept_all(sq, [entry.seen])
    assert (accepted.status, accepted.accepted_attempt) == ("succeeded", None)


def test_a_late_result_of_a_worker_that_failed_is_accepted(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.fail(sq, task.id, "boom")
    late(sq, task.id, "done after all")

    assert tasks.accept(sq, task.id).status == "succeeded"
    assert wire.outcome(tasks.detail(sq, task.id))["result_summary"] == "done after all"


@holds("late-result")
def test_a_late_result_of_a_queued_task_takes_it_out_of_the_queue(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    tasks.requeue(sq, task.id)
    late(sq, task.id, "done", data={"files": 2})

    accepted = tasks.accept(sq, task.id)

    assert (accepted.status, accepted.worker, accepted.finished_at) == ("succeeded", "ann", clock.now())
    assert (queued_ids(sq), tasks.claim(sq, queue, "bob")) == ([], None)


def test_a_late_result_of_a_cancelled_task_is_accepted(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    tasks.requeue(sq, task.id)
    tasks.cancel(sq, task.id, "never do this")
    late(sq, task.id, "done")

    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.summary, entry.late_text) == ("", "done")
    assert tasks.accept(sq, task.id).status == "succeeded"


def test_a_cancel_leaves_a_late_text_that_you_have_not_seen_in_the_inbox(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    late(sq, task.id, "done after all")

    tasks.cancel(sq, task.id)

    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.task.status, entry.late_text, inbox.waiting(sq)) == ("cancelled", "done after all", 1)
    assert [accepted.status for accepted in inbox.accept_all(sq, [entry.seen])] == ["succeeded"]


@holds("late-result")
def test_a_late_result_waits_while_another_attempt_runs(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    tasks.requeue(sq, task.id)
    take(sq, "bob")
    late(sq, task.id, "done")

    with pytest.raises(WrongState, match=r"it is running \(attempt 2 of bob, since ") as refusal:
        tasks.accept(sq, task.id)
    assert refusal.value.hint == "It keeps the late result of attempt 1: accept it when attempt 2 has ended."

    tasks.fail(sq, task.id, "could not")
    accepted = tasks.accept(sq, task.id)

    assert (accepted.status, accepted.accepted_attempt, accepted.worker) == ("succeeded", 1, "ann")
    assert wire.outcome(tasks.detail(sq, task.id))["result_summary"] == "done"


def test_a_late_result_does_not_replace_another_outcome(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    tasks.requeue(sq, task.id)
    take(sq, "bob")
    tasks.complete(sq, task.id, "done by bob")

    with pytest.raises(WrongState, match="it has succeeded") as refusal:
        tasks.accept(sq, task.id)
    assert "requeue the task and accept it before it is claimed" in refusal.value.hint

    tasks.requeue(sq, task.id, again=True)
    tasks.accept(sq, task.id, 1)
    assert wire.outcome(tasks.detail(sq, task.id))["result_summary"] == "done"


def test_the_result_of_a_named_attempt_is_accepted_or_else_the_newest(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    for attempt in (1, 2, 3):
        tasks.fail(sq, task.id, f"error {attempt}")
        if attempt < 3:
            tasks.requeue(sq, task.id)
            take(sq)
    for attempt in (2, 1):
        late(sq, task.id, f"result {attempt}", attempt=attempt)

    with pytest.raises(WrongState, match=f"Attempt 3 of #{task.id} has no late result") as refusal:
        tasks.accept(sq, task.id, 3)
    assert refusal.value.hint == "There is one of attempt 1 and of attempt 2."
    with pytest.raises(InvalidValue, match="no attempt 4"):
        tasks.accept(sq, task.id, 4)

    assert tasks.accept(sq, task.id).accepted_attempt == 2
    tasks.requeue(sq, task.id, again=True)
    assert tasks.accept(sq, task.id).accepted_attempt == 1


def test_a_task_without_a_late_result_has_nothing_to_accept(sq: SparkQ, queue: str) -> None:
    failed = claimed_task(sq)
    tasks.fail(sq, failed.id, "boom")
    (queued,) = add(sq, "two")

    for task_id in (failed.id, queued):
        with pytest.raises(WrongState, match="has no late result") as refusal:
            tasks.accept(sq, task_id)
        assert "accept" not in refusal.value.hint


def test_a_result_that_was_seen_before_the_requeue_is_not_accepted_by_a_later_look(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "not good enough")
    tasks.requeue(sq, task.id, feedback="Do it again.")
    assert inbox.unreviewed(sq).tasks == ()
    take(sq, "bob")
    tasks.fail(sq, task.id, "could not")

    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.late_text, entry.task.late_at) == (None, None)
    (reviewed,) = inbox.accept_all(sq, [entry.seen])
    assert reviewed.status == "failed"


def test_a_newer_late_text_than_the_one_that_was_shown_is_unseen(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    (entry,) = inbox.unreviewed(sq).tasks
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "I was wrong", attempt=1)
    before = all_rows(sq)

    with pytest.raises(Unseen, match="has a late text that you were not shown"):
        inbox.accept_all(sq, [entry.seen])
    with pytest.raises(Unseen, match="has a late text that you were not shown"):
        tasks.requeue(sq, task.id, again=True, seen=entry.seen)

    assert all_rows(sq) == before
    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.late_text, tasks.detail(sq, task.id).late_text) == ("I was wrong", "I was wrong")
    (reviewed,) = inbox.accept_all(sq, [entry.seen])
    assert reviewed.status == "failed", "what was shown last was a failure"


def test_a_late_text_of_a_queued_task_is_seen_and_the_task_stays_queued(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "I broke the build", attempt=1)
    (entry,) = inbox.unreviewed(sq).tasks
    assert (entry.late_text, inbox.waiting(sq), inbox.newest(sq)) == ("I broke the build", 1, (entry,))

    (seen,) = inbox.accept_all(sq, [entry.seen])

    assert (seen.status, queued_ids(sq), inbox.waiting(sq)) == ("queued", [task.id], 0)
    assert attempts(sq, task.id)[0].late_text == "I broke the build"


def test_the_text_of_an_accepted_attempt_is_not_accepted_again_by_a_look(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    tasks.accept(sq, task.id)
    tasks.requeue(sq, task.id, again=True)
    late(sq, task.id, "done better")

    (entry,) = inbox.unreviewed(sq).tasks
    assert [seen.status for seen in inbox.accept_all(sq, [entry.seen])] == ["queued"]


def test_a_requeue_of_what_was_shown_is_made_and_may_be_repeated(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    late(sq, task.id, "done")
    (entry,) = inbox.unreviewed(sq).tasks

    done = tasks.requeue(sq, task.id, again=True, seen=entry.seen)

    assert (done.task.status, tasks.requeue(sq, task.id, again=True, seen=entry.seen).again) == ("queued", True)
    tasks.complete(sq, take(sq).task.id, "done again")
    with pytest.raises(Unseen, match="was done again meanwhile"):
        tasks.requeue(sq, task.id, again=True, seen=entry.seen)


@pytest.mark.parametrize("attempt", [1, None])
def test_progress_after_a_timeout_is_refused_and_logged_once_for_each_note(
    sq: SparkQ, queue: str, clock: SetClock, attempt: int | None
) -> None:
    task = timed_out_task(sq, clock)
    before = tasks.get(sq, task.id)

    for note in ("half done", "half done", "nearly done"):
        with pytest.raises((ClaimLost, WrongState)):
            tasks.progress(sq, task.id, note, attempt=attempt)

    assert timeline(sq, task.id)[-3:] == ["timed out", "late progress", "late progress"]
    assert [event.text for event in tasks.detail(sq, task.id).events[-2:]] == ["half done", "nearly done"]
    assert tasks.get(sq, task.id) == before


def test_progress_of_an_attempt_that_was_settled_leaves_nothing(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done")
    before = all_rows(sq)

    for task_id in (task.id, 99, -1, 2**70):
        assert refusal_of(partial(tasks.progress, sq, task_id, "half done")) is not None
    assert all_rows(sq) == before


def test_why_a_task_is_given_back_too_late_is_kept(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)

    for _ in range(2):
        with pytest.raises(ClaimLost) as lost:
            tasks.release(sq, task.id, "Half of it is renamed.", attempt=1)
        assert lost.value.hint.startswith("Your reason is kept in the timeline. ")
    assert [(event.kind, event.text) for event in tasks.detail(sq, task.id).events[-2:]] == [
        ("timed out", None), ("late progress", "Half of it is renamed."),
    ]  # fmt: skip


def test_a_word_of_a_worker_whose_task_you_gave_back_is_kept(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id, "Stuck.")
    with pytest.raises(ClaimLost):
        tasks.progress(sq, task.id, "half done", attempt=1)
    take(sq)
    for reason in ("Stuck.", "I had begun."):
        with pytest.raises(ClaimLost):
            tasks.release(sq, task.id, reason, attempt=1)

    assert [event.text for event in tasks.detail(sq, task.id).events if event.kind == "late progress"] == [
        "half done", "I had begun.",
    ]  # fmt: skip
