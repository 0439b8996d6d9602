"""Only the running attempt settles a task; what it says is kept, and said twice it is harmless."""

from collections.abc import Callable
from typing import Any

import pytest

from sparkq_core import queues, tasks
from sparkq_core.errors import (
    ClaimLost,
    InvalidText,
    InvalidValue,
    Kind,
    NoSuchTask,
    SparkQError,
    WrongState,
)
from sparkq_core.project import SparkQ
from sparkq_core.text import MAX_TEXT
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts, claimed_task, queued_ids, take, timeline
from tests.promises import holds


@holds("complete")
def test_a_completed_task_has_succeeded_with_its_result(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq)
    clock.move(7)

    settled = tasks.complete(sq, task.id, "12 files", data={"files": 12}, attempt=1)

    assert (settled.task.status, settled.task.finished_at, settled.again) == ("succeeded", clock.now(), False)
    assert settled.task.duration_ms == 7000
    (attempt,) = attempts(sq, task.id)
    assert (attempt.outcome, attempt.result, attempt.data) == ("succeeded", "12 files", '{"files":12}')


@holds("fail")
def test_a_failed_task_has_its_error_and_its_type(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)

    settled = tasks.fail(sq, task.id, "no such file", error_type="missing", attempt=1)

    assert (settled.task.status, settled.task.error_type) == ("failed", "missing")
    (attempt,) = attempts(sq, task.id)
    assert (attempt.outcome, attempt.error, attempt.error_type, attempt.result) == (
        "failed",
        "no such file",
        "missing",
        None,
    )


def test_a_settled_task_tells_what_remains(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two", "three")

    assert tasks.complete(sq, take(sq).task.id, "done").remaining == 2
    assert tasks.fail(sq, take(sq).task.id, "boom").remaining == 1


def test_a_result_is_there_for_the_next_process(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done")
    sq.close()

    assert attempts(second_handle(sq), task.id)[0].result == "done"


def test_without_an_attempt_the_present_one_is_meant(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    take(sq, "bob")

    tasks.complete(sq, task.id, "done")

    assert [attempt.outcome for attempt in attempts(sq, task.id)] == ["released", "succeeded"]


def test_a_queued_task_cannot_be_completed(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")

    for settle in (tasks.complete, tasks.fail):
        with pytest.raises(WrongState, match="it is queued") as refusal:
            settle(sq, task_id, "done")
        assert "claim" in refusal.value.hint

    assert tasks.get(sq, task_id).status == "queued"


@pytest.mark.parametrize("attempt", [0, -1, 2])
def test_an_attempt_that_never_was_is_refused(sq: SparkQ, queue: str, attempt: int) -> None:
    task = claimed_task(sq)

    with pytest.raises(InvalidValue, match=f"no attempt {attempt}"):
        tasks.complete(sq, task.id, "done", attempt=attempt)

    assert tasks.get(sq, task.id).status == "running"
    last = tasks.detail(sq, task.id).events[-1]
    assert (last.kind, last.text) == ("refused", "done")


@holds("same-outcome-again")
def test_the_same_outcome_again_is_harmless(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq)
    first = tasks.complete(sq, task.id, "done", attempt=1)
    before = tasks.detail(sq, task.id)
    clock.move(5)

    second = tasks.complete(sq, task.id, "done", attempt=1)

    assert second.again
    assert second.task == first.task
    assert tasks.detail(sq, task.id) == before


def test_the_same_failure_again_is_harmless(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.fail(sq, task.id, "boom", attempt=1)

    assert tasks.fail(sq, task.id, "boom", attempt=1).again
    assert timeline(sq, task.id) == ["enqueued", "claimed", "failed"]


@holds("history-stays", "same-outcome-again")
def test_another_outcome_is_a_conflict_and_the_first_one_stays(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done", attempt=1)

    with pytest.raises(ClaimLost, match="it has succeeded"):
        tasks.fail(sq, task.id, "boom", attempt=1)

    assert tasks.get(sq, task.id).status == "succeeded"
    assert attempts(sq, task.id)[0].result == "done"


@holds("lost-claim")
def test_a_lost_attempt_cannot_settle_and_hears_who_holds_the_task_now(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, worker="ann")
    tasks.fail(sq, task.id, "boom")
    tasks.requeue(sq, task.id)
    take(sq, "bob")

    with pytest.raises(ClaimLost, match="attempt 2 of bob") as refusal:
        tasks.complete(sq, task.id, "done", attempt=1)

    assert refusal.value.kind is Kind.CONFLICT
    assert "kept" in refusal.value.hint
    now = tasks.get(sq, task.id)
    assert (now.status, now.attempts, now.worker) == ("running", 2, "bob")


def test_an_attempt_that_was_released_cannot_settle(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)

    with pytest.raises(ClaimLost, match="it is queued"):
        tasks.complete(sq, task.id, "done", attempt=1)

    assert tasks.get(sq, task.id).status == "queued"


@holds("queue-states")
def test_a_task_of_an_archived_queue_may_still_be_settled(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    queues.archive(sq, queue)

    assert tasks.complete(sq, task.id, "done").task.status == "succeeded"


@pytest.mark.parametrize("text", ["", "  ", "a\x00", "\udc00", "x" * (MAX_TEXT + 1)])
@pytest.mark.parametrize("settle", [tasks.complete, tasks.fail])
def test_a_bad_text_settles_nothing(
    sq: SparkQ, queue: str, settle: Callable[[SparkQ, int, str], object], text: str
) -> None:
    task = claimed_task(sq)

    with pytest.raises(InvalidText):
        settle(sq, task.id, text)

    assert tasks.get(sq, task.id) == task


def test_a_result_of_one_mebibyte_is_kept(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "x" * MAX_TEXT)

    assert len(attempts(sq, task.id)[0].result or "") == MAX_TEXT


@pytest.mark.parametrize("data", [0, False, "text", [1, 2.5, None], {"a": {"b": "π"}}])
def test_data_is_any_json(sq: SparkQ, queue: str, data: Any) -> None:
    import json

    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done", data=data)

    assert json.loads(attempts(sq, task.id)[0].data or "") == data


def test_data_that_is_no_json_settles_nothing(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    knot: list[object] = []
    knot.append(knot)

    for data in (float("nan"), {1, 2}, object(), knot, "\ud800", "x" * MAX_TEXT):
        with pytest.raises(SparkQError, match="result data"):
            tasks.complete(sq, task.id, "done", data=data)

    assert tasks.get(sq, task.id).status == "running"


def test_sparkqs_own_error_type_is_not_for_workers(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)

    with pytest.raises(InvalidValue, match="timeout"):
        tasks.fail(sq, task.id, "boom", error_type="timeout")

    assert tasks.get(sq, task.id).status == "running"


@holds("heartbeat")
def test_progress_restarts_the_stale_clock(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(50)

    alive = tasks.progress(sq, task.id, "half way", attempt=1)

    assert (alive.heartbeat_at, alive.deadline) == (clock.now(), clock.now() + 120_000)
    assert tasks.detail(sq, task.id).events[-1].text == "half way"


def test_a_silent_heartbeat_writes_no_event(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.progress(sq, task.id)

    assert timeline(sq, task.id) == ["enqueued", "claimed"]


def test_progress_of_a_lost_attempt_does_not_keep_the_task_alive(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    held = take(sq, "bob").task

    with pytest.raises(ClaimLost, match="attempt 2 of bob"):
        tasks.progress(sq, task.id, "still here", attempt=1)

    assert tasks.get(sq, task.id) == held


def test_progress_needs_a_running_task(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")

    with pytest.raises(WrongState, match=r"cannot report progress: it "):
        tasks.progress(sq, task_id)


def test_a_released_task_waits_without_a_worker(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)

    released = tasks.release(sq, task.id, "not mine", attempt=1)

    assert (released.status, released.worker, released.claimed_at, released.deadline) == ("queued", None, None, None)
    assert queued_ids(sq) == [task.id]
    (attempt,) = attempts(sq, task.id)
    assert (attempt.outcome, attempt.worker) == ("released", "ann")
    assert tasks.detail(sq, task.id).events[-1].text == "not mine"


def test_releasing_again_is_harmless_while_the_task_waits(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    released = tasks.release(sq, task.id, attempt=1)

    assert tasks.release(sq, task.id, attempt=1) == released
    assert timeline(sq, task.id) == ["enqueued", "claimed", "released"]


def test_a_lost_attempt_cannot_release_the_task_of_another(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    take(sq, "bob")

    with pytest.raises(ClaimLost, match="attempt 2 of bob"):
        tasks.release(sq, task.id, attempt=1)

    assert tasks.get(sq, task.id).worker == "bob"


def test_a_released_task_does_not_time_out(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    clock.move(8 * HOUR)

    assert tasks.get(sq, task.id).status == "queued"


VERBS: dict[str, Callable[[SparkQ, int], object]] = {
    "claim": lambda sq, task_id: tasks.claim(sq, None, "ann", task_id=task_id),
    "complete": lambda sq, task_id: tasks.complete(sq, task_id, "done"),
    "fail": lambda sq, task_id: tasks.fail(sq, task_id, "boom"),
    "progress": tasks.progress,
    "release": tasks.release,
    "requeue": tasks.requeue,
    "cancel": tasks.cancel,
    "edit": lambda sq, task_id: tasks.edit(sq, task_id, prompt="two"),
    "accept": tasks.accept,
    "get": tasks.get,
    "detail": tasks.detail,
    "claim again": lambda sq, task_id: tasks.claim_again(sq, task_id, attempt=1),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("task_id", [2, 0, -1, 2**63 - 1, 2**63, -(2**70)])
def test_an_id_that_never_was_is_not_found(sq: SparkQ, queue: str, verb: str, task_id: int) -> None:
    add(sq, "one")

    with pytest.raises(NoSuchTask, match=f"#{task_id}"):
        VERBS[verb](sq, task_id)


@pytest.mark.parametrize("settle", [tasks.complete, tasks.fail, tasks.progress, tasks.release])
def test_an_attempt_beyond_all_numbers_is_refused(sq: SparkQ, queue: str, settle: Callable[..., object]) -> None:
    task = claimed_task(sq)

    with pytest.raises(InvalidValue, match="no attempt"):
        settle(sq, task.id, "text", attempt=2**70)
