"""What a claim says to a chat: the instructions, what else it holds, and whose attempt a call is about."""

import json
from typing import Any

import pytest

from sparkq_core import queues, tasks
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts, take
from tests.mcp.chat import call, chat
from tests.promises import holds

pytestmark = pytest.mark.anyio


@holds("mcp-instructions-each-packet")
async def test_each_packet_has_the_present_instructions(sq: SparkQ, queue: str) -> None:
    queues.instruct(sq, queue, "first")
    add(sq, "1", "2", "3")

    async with chat(sq) as client:
        seen = [(await call(client, "claim", queue="backend"))["instructions"] for _ in range(2)]
        queues.instruct(sq, queue, "second")
        settled = await call(client, "complete", task_id=2, attempt=1, result="Done.", claim_next=True)

    assert [*seen, settled["claimed"]["instructions"]] == ["first", "first", "second"]


@holds("mcp-open-claims")
async def test_what_the_chat_still_holds_is_said_as_information(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", "two")

    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        clock.move(130)
        second = await call(client, "claim", queue="backend")
        nothing = await call(client, "claim", queue="backend")
        await call(client, "complete", task_id=1, attempt=1, result="x")
        last = await call(client, "complete", task_id=2, attempt=1, result="x", claim_next=True)

    one = {"id": 1, "attempt": 1, "title": "one", "for_s": 130}
    assert second["open_claims"] == [one]
    assert second["next"].endswith(
        "Still open in this chat, perhaps with a subagent: #1 (attempt 1, 2 min). "
        "If nobody works on it, claim(task_id=1) shows it again."
    )
    assert nothing["open_claims"] == [one, {"id": 2, "attempt": 1, "title": "two", "for_s": 0}]
    assert nothing["next"].startswith("The queue backend is empty. Stop.")
    assert "open_claims" not in last["claimed"]


async def test_of_many_open_claims_the_first_are_named(sq: SparkQ, queue: str) -> None:
    add(sq, *("x" * 500 for _ in range(15)))

    async with chat(sq) as client:
        for _ in range(15):
            await call(client, "claim", queue="backend")
        tasks.complete(sq, 3, "Done elsewhere.", attempt=1)
        nothing = await call(client, "claim", queue="backend")

    assert [claim["id"] for claim in nothing["open_claims"]] == [1, 2, *range(4, 12)]
    assert "#1 (attempt 1, 0 s), #2 (attempt 1, 0 s), #4 (attempt 1, 0 s) and 7 more." in nothing["next"]
    assert len(json.dumps(nothing)) < 2000


async def test_a_claimed_task_can_be_asked_for_again_and_keeps_its_attempt(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    async with chat(sq) as client:
        first = await call(client, "claim", queue="backend")
        again = await call(client, "claim", task_id=1)

    assert (again["task"]["prompt"], again["task"]["attempt"]) == (first["task"]["prompt"], 1)


async def test_a_task_that_was_lost_between_two_looks_is_not_handed_over(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(sq, "one")
    others = second_handle(sq)
    progress = tasks.progress

    def lost_thereafter(*args: Any, **options: Any) -> Task:
        task = progress(*args, **options)
        tasks.fail(others, 1, "The person gave up.")
        tasks.requeue(others, 1)
        take(others, "bob")
        return task

    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        monkeypatch.setattr(tasks, "progress", lost_thereafter)
        again = await call(client, "claim", queue="backend", task_id=1)

    assert (again.get("error"), "attempt 2 of bob" in again["message"]) == ("claim_lost", True)


@holds("mcp-remembers-attempts")
async def test_a_chat_without_a_number_settles_only_the_attempt_that_it_was_handed(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        tasks.fail(sq, 1, "The person gave up.")
        tasks.requeue(sq, 1)
        take(sq, "bob")
        lost = await call(client, "complete", task_id=1, result="My work.")

    assert lost["error"] == "claim_lost"
    assert "kept" in lost["next"]
    assert (attempts(sq, 1)[0].late_text, attempts(sq, 1)[1].outcome) == ("My work.", None)


@holds("mcp-remembers-attempts")
async def test_only_the_chat_that_claimed_may_settle_without_a_number(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    async with chat(sq) as holder, chat(sq) as other:
        held = await call(holder, "claim", queue="backend")
        refused = await call(other, "complete", task_id=1, result="Not mine.")
        named = await call(other, "complete", task_id=1, result="Mine.", attempt=held["task"]["attempt"])

    assert (refused["error"], named["status"]) == ("attempt_needed", "succeeded")
    assert refused["next"] == "Call again with the attempt: complete(task_id=1, attempt=1, result=…)."
    assert [event.text for event in tasks.detail(sq, 1).events if event.kind == "refused"] == ["Not mine."]


@holds("mcp-holder-is-alive")
async def test_a_holder_that_reads_its_task_is_alive(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", timeout=60)

    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        clock.move(50)
        await call(client, "get_task", task_id=1)

    assert tasks.get(sq, 1).heartbeat_at == clock.now()
