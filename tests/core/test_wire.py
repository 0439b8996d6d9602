"""The one spelling of JSON for every door."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkq_core import catalogue, queues, sessions, tasks, wire
from sparkq_core.clock import LONG, SystemClock, from_iso, iso, token
from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, claimed_task, take, timed_out_task
from tests.promises import holds

KEYS = {
    *("id", "friendly_id", "queue", "session", "title", "status", "prompt", "tool_name", "task_class", "timeout"),
    *("attempts", "worker_id", "result_summary", "result_data", "error_message", "error_type", "stale"),
    *("created_at", "claimed_at", "started_at", "heartbeat_at", "stale_warned_at", "deadline", "finished_at"),
    "reviewed_at",
}
"""What the design promises of a task at every door."""


def whole(sq: SparkQ, task_id: int) -> dict[str, Any]:
    return {**wire.task_whole(tasks.detail(sq, task_id), sq.clock.now())}


@holds("task-keys")
def test_a_whole_task_has_every_key_always(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")

    detail = whole(sq, task_id)

    assert set(detail) >= KEYS
    assert (detail["friendly_id"], detail["status"], detail["worker_id"]) == (f"#{task_id}", "queued", None)
    assert json.loads(wire.compact(detail)) == detail


@holds("slim-lists")
def test_a_task_in_a_list_has_no_long_text_and_no_absent_value(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    (brief,) = wire.task_page(tasks.list_page(sq), sq.clock.now())["tasks"]

    assert "prompt" not in brief
    assert None not in brief.values()
    assert set(brief) <= KEYS | {"source", "key"}


@holds("times")
def test_times_are_iso_8601_with_z(sq: SparkQ, queue: str, clock: SetClock) -> None:
    clock.at = 1_700_000_000_042
    task = claimed_task(sq)

    detail = whole(sq, task.id)

    assert (detail["claimed_at"], detail["deadline"]) == ("2023-11-14T22:13:20.042Z", "2023-11-14T22:15:20.042Z")


@given(st.integers(0, 4_102_444_800_000))
def test_a_time_survives_the_way_out_and_in(moment: int) -> None:
    assert from_iso(iso(moment)) == moment


@holds("sweep-without-leader")
def test_a_silent_task_is_shown_as_stale_before_any_sweep(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, timeout=60)

    assert wire.stale(task, clock.now() + 59_999) is None
    assert wire.stale(task, clock.now() + 60_000) == "warned"


def test_a_result_is_shown_with_its_data(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "12 files", data={"files": 12})

    detail = whole(sq, task.id)

    assert (detail["result_summary"], detail["result_data"], detail["error_message"]) == (
        "12 files",
        {"files": 12},
        None,
    )


def test_an_accepted_late_result_is_shown_as_the_result(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(SparkQError):
        tasks.complete(sq, task.id, "found it", data=[1])
    tasks.accept(sq, task.id)

    detail = whole(sq, task.id)

    assert (detail["result_summary"], detail["result_data"], detail["error_message"]) == ("found it", [1], None)


def test_a_cancelled_task_shows_the_reason(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    tasks.cancel(sq, task_id, "not needed")

    assert whole(sq, task_id)["error_message"] == "not needed"


def test_a_requeued_task_shows_no_outcome(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.fail(sq, task.id, "boom")
    tasks.requeue(sq, task.id, feedback="again")

    detail = whole(sq, task.id)

    assert (detail["error_message"], detail["error_type"], detail["feedback"]) == (None, None, "again")


def test_a_claim_is_spelled_for_its_worker(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.fail(sq, task.id, "x" * 5000)
    tasks.requeue(sq, task.id, feedback="again")

    packet: dict[str, Any] = {**wire.claimed(take(sq, "bob"))}

    assert (packet["id"], packet["attempt"], packet["feedback"]) == (task.id, 2, "again")
    assert packet["previous"]["text"].endswith("(+3,000 characters)")
    assert packet["how"] == catalogue.tools(sq)["llm-sonnet"].how


@holds("json-of-a-list")
def test_queues_and_sessions_are_spelled_with_their_totals(sq: SparkQ) -> None:
    sessions.create(sq, "feature")
    queues.create(sq, "backend", session="feature")
    add(sq, "one")

    listed = wire.queues(queues.all_of(sq))

    assert listed["total"] == 1
    assert (listed["queues"][0]["session"], listed["queues"][0]["queued"]) == ("feature", 1)
    assert wire.sessions(sessions.all_of(sq))["sessions"][0]["name"] == "feature"


def test_a_refusal_is_spelled_with_kind_code_message_and_hint(sq: SparkQ, queue: str) -> None:
    with pytest.raises(SparkQError) as refusal:
        tasks.get(sq, 7)

    error = wire.error(refusal.value)

    assert (error["error"], error["kind"]) == ("no_such_task", "not_found")
    assert error["message"]


def test_who_has_waited_long_for_a_lock_tries_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    for tries in [0] * 50 + [LONG - 1] * 50:
        SystemClock().pause(tries)
    soon, slept[:] = list(slept), []
    for tries in [LONG] * 50 + [1000] * 50:
        SystemClock().pause(tries)

    assert 0.00075 <= min(soon) < max(soon) <= 0.003
    assert 0.00075 / 4 <= min(slept) < max(slept) <= 0.003 / 4


def test_the_machines_clock_tells_milliseconds_and_tokens_differ() -> None:
    clock = SystemClock()
    clock.pause()

    assert clock.now() > 1_700_000_000_000
    assert clock.monotonic() <= clock.monotonic()
    assert len({token() for _ in range(50)}) == 50
