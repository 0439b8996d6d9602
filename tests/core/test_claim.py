"""One task to one worker, oldest first, with everything that the worker needs to know."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.errors import ClaimLost, InvalidText, InvalidValue, NoSuchQueue, NoSuchTask, QueueClosed, WrongState
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts, claimed_task, queued_count, queued_ids, take
from tests.promises import holds


@holds("fifo")
def test_tasks_are_claimed_in_the_order_in_which_they_came(sq: SparkQ, queue: str) -> None:
    ids = add(sq, "one", "two", "three")

    assert [take(sq).task.id for _ in ids] == ids


@holds("empty-is-null")
def test_an_empty_queue_gives_none(sq: SparkQ, queue: str) -> None:
    assert tasks.claim(sq, queue, "ann") is None


def test_a_claimed_task_is_not_given_again(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    take(sq)

    assert tasks.claim(second_handle(sq), queue, "bob") is None


@holds("fifo")
def test_each_queue_is_its_own_line(sq: SparkQ, queue: str) -> None:
    queues.create(sq, "docs")
    (first,) = add(sq, "one")
    (second,) = add(sq, "two", queue="docs")

    assert take(sq, queue="docs").task.id == second
    assert take(sq).task.id == first


def test_a_claim_says_who_has_it_since_when_and_until_when(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, worker="ann", timeout=60)

    assert (task.status, task.worker, task.attempts) == ("running", "ann", 1)
    assert (task.claimed_at, task.deadline) == (clock.now(), clock.now() + 120_000)


def test_a_claim_carries_prompt_how_and_what_remains(sq: SparkQ, queue: str) -> None:
    tasks.enqueue(sq, queue, "echo hi", tool="run-bash")
    add(sq, "two", "three")

    claim = take(sq)

    assert claim.prompt == "echo hi"
    assert "Bash" in claim.how
    assert claim.remaining == 2
    assert (claim.feedback, claim.earlier) == (None, None)


@holds("claim-given")
def test_a_given_task_is_claimed_out_of_turn(sq: SparkQ, queue: str) -> None:
    first, second, third = add(sq, "one", "two", "three")

    assert take(sq, task_id=second).task.id == second
    assert queued_ids(sq) == [first, third]


def test_a_given_task_needs_no_queue(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")

    claim = tasks.claim(sq, None, "ann", task_id=task_id)

    assert claim is not None
    assert claim.task.queue == queue


def test_a_given_task_that_is_taken_is_refused_and_the_holder_named(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, worker="ann")

    with pytest.raises(WrongState, match="attempt 1 of ann"):
        tasks.claim(sq, queue, "bob", task_id=task.id)

    assert tasks.get(sq, task.id).worker == "ann"


def test_a_given_task_of_another_queue_is_refused_and_its_queue_named(sq: SparkQ, queue: str) -> None:
    queues.create(sq, "docs")
    (task_id,) = add(sq, "one")

    with pytest.raises(WrongState) as refusal:
        tasks.claim(sq, "docs", "ann", task_id=task_id)

    assert "backend" in refusal.value.message + refusal.value.hint
    assert tasks.get(sq, task_id).status == "queued"


def test_a_given_task_that_never_was_is_refused(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    with pytest.raises(NoSuchTask, match="#7") as refusal:
        tasks.claim(sq, queue, "ann", task_id=7)

    assert "#1" in refusal.value.hint


def test_an_unknown_queue_is_refused(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NoSuchQueue, match=r"'\.\./x'"):
        tasks.claim(sq, "../x", "ann")


@pytest.mark.parametrize("worker", ["", "a\x00", "\ud800", "w" * 201])
def test_a_worker_has_a_name_of_at_most_200_bytes(sq: SparkQ, queue: str, worker: str) -> None:
    add(sq, "one")

    with pytest.raises(InvalidText, match="worker name"):
        tasks.claim(sq, queue, worker)

    assert queued_count(sq) == 1


def test_an_archived_queue_gives_nothing(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    queues.archive(sq, queue)

    with pytest.raises(QueueClosed, match="archived"):
        tasks.claim(sq, queue, "ann")
    with pytest.raises(QueueClosed, match="archived"):
        tasks.claim(sq, None, "ann", task_id=task_id)
    assert tasks.peek(sq, queue).tasks == ()


def test_an_ended_queue_is_drained(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    queues.end(sq, queue)

    assert take(sq).task.id == task_id


@holds("requeue")
def test_a_requeued_task_goes_to_the_end_or_to_the_front(sq: SparkQ, queue: str) -> None:
    first, second, third = add(sq, "one", "two", "three")
    for _ in (first, second):
        tasks.fail(sq, take(sq).task.id, "boom")

    tasks.requeue(sq, first)
    tasks.requeue(sq, second, front=True)

    assert queued_ids(sq) == [second, third, first]


def test_the_last_one_put_to_the_front_is_first(sq: SparkQ, queue: str) -> None:
    first, second, third = add(sq, "one", "two", "three")
    for _ in (first, second):
        tasks.fail(sq, take(sq).task.id, "boom")

    tasks.requeue(sq, first, front=True)
    tasks.requeue(sq, second, front=True)

    assert queued_ids(sq) == [second, first, third]


@holds("release")
def test_a_released_task_stands_at_its_old_place(sq: SparkQ, queue: str) -> None:
    first, second, third = add(sq, "one", "two", "three")
    take(sq)
    take(sq)

    tasks.release(sq, second)
    assert queued_ids(sq) == [second, third]
    tasks.release(sq, first)
    assert queued_ids(sq) == [first, second, third]


@holds("fifo")
def test_a_clock_that_goes_backwards_does_not_change_the_order(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = []
    for prompt in ("one", "two", "three"):
        ids += add(sq, prompt)
        clock.move(-3600)

    assert [take(sq).task.id for _ in ids] == ids


@holds("requeue-feedback")
def test_feedback_and_the_earlier_outcome_reach_the_next_claimer(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, worker="ann")
    tasks.fail(sq, task.id, "no such file", error_type="missing")
    tasks.requeue(sq, task.id, feedback="It is under docs/.")

    claim = take(sq, "bob")

    assert claim.feedback == "It is under docs/."
    assert claim.earlier is not None
    assert (claim.earlier.attempt, claim.earlier.worker, claim.earlier.outcome) == (1, "ann", "failed")
    assert (claim.earlier.text, claim.earlier.error_type) == ("no such file", "missing")


def test_feedback_is_still_there_after_a_release(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.fail(sq, task.id, "boom")
    tasks.requeue(sq, task.id, feedback="Try again.")
    take(sq)
    tasks.release(sq, task.id)

    assert take(sq).feedback == "Try again."


def test_the_next_claimer_sees_a_result_that_came_too_late(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, worker="ann")
    tasks.fail(sq, task.id, "gave up")
    with pytest.raises(Exception, match="no longer holds"):
        tasks.complete(sq, task.id, "found it after all", attempt=1)
    tasks.requeue(sq, task.id)

    earlier = take(sq, "bob").earlier

    assert earlier is not None
    assert earlier.text == "found it after all"


@holds("claim-once")
def test_each_claim_is_the_next_attempt(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    take(sq, "bob")
    tasks.fail(sq, task.id, "boom")
    tasks.requeue(sq, task.id)

    assert take(sq, "cleo").task.attempts == 3
    assert [(attempt.attempt, attempt.worker) for attempt in attempts(sq, task.id)] == [
        (1, "ann"),
        (2, "bob"),
        (3, "cleo"),
    ]


def test_a_worker_can_take_its_packet_up_again(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    claim = take(sq)

    assert tasks.claim_again(sq, claim.task.id, attempt=1) == claim


def test_nobody_holds_a_task_that_is_not_running(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)

    with pytest.raises(ClaimLost, match="it is queued"):
        tasks.claim_again(sq, task.id, attempt=1)


def test_the_packet_of_another_attempt_is_not_given_again(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, worker="ann")
    tasks.release(sq, task.id)
    take(sq, "bob")

    with pytest.raises(ClaimLost, match="attempt 2 of bob"):
        tasks.claim_again(sq, task.id, attempt=1)


def test_a_peek_shows_the_head_and_claims_nothing(sq: SparkQ, queue: str) -> None:
    ids = add(sq, "one", "two", "three")

    page = tasks.peek(sq, queue, 2)

    assert ([task.id for task in page.tasks], page.total) == (ids[:2], 3)
    assert tasks.get(sq, ids[0]).status == "queued"


def test_a_peek_into_an_empty_queue_is_an_empty_page(sq: SparkQ, queue: str) -> None:
    assert tasks.peek(sq, queue) == tasks.peek(sq, queue, 20)
    assert tasks.peek(sq, queue).total == 0


def test_a_peek_into_an_unknown_queue_is_refused(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NoSuchQueue):
        tasks.peek(sq, "none")


@pytest.mark.parametrize("limit", [0, -1, 2**70])
def test_a_peek_shows_one_task_or_more(sq: SparkQ, queue: str, limit: int) -> None:
    add(sq, "one", "two")

    with pytest.raises(InvalidValue):
        tasks.peek(sq, queue, limit)
