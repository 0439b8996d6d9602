"""A question from a chat: what the chat reads after it, and what the next one gets."""

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from sparkq_core.tasks import limit
from tests.harness.task_steps import add, take
from tests.mcp.chat import Raw, call, chat
from tests.mcp.test_waiting import waiting
from tests.promises import holds


@pytest.mark.anyio
@holds("question", "tool-release")
async def test_after_a_question_the_chat_goes_on_with_the_next_task(store: SparkQ) -> None:
    add(store, "one", "two")
    async with chat(store) as client:
        await call(client, "claim", queue="backend")
        asked = await call(client, "release", task_id=1, question="A or B?")
        await call(client, "claim", queue="backend")
        last = await call(client, "complete", task_id=2, result="done", claim_next=True)
        empty = await call(client, "claim", queue="backend")

    assert asked == {
        "id": 1,
        "status": "held",
        "next": 'The person answers, then #1 is the next task in backend. 1 task waits in backend: claim(queue="backend") '
        "takes the next.",
    }
    assert (last["claimed"], last["held"], empty["held"]) == ({"task": None}, 1, 1)
    for answer in (last, empty):
        assert "is empty, and 1 task waits for the person's answer. Stop." in answer["next"]


@pytest.mark.anyio
@holds("question")
async def test_the_next_packet_has_question_and_answer_and_names_earlier_rounds(store: SparkQ) -> None:
    add(store, "one")
    async with chat(store) as client:
        for number in (1, 2):
            await call(client, "claim", queue="backend")
            await call(client, "release", task_id=1, attempt=number, question=f"Question {number}?")
            tasks.answer(store, 1, f"Answer {number}")
        packet = await call(client, "claim", queue="backend")
        whole = await call(client, "get_task", task_id=1)

    assert (packet["task"]["question"], packet["task"]["answer"]) == ("Question 2?", "Answer 2")
    assert packet["next"].endswith("The person answered 2 questions: get_task(task_id=1) shows all.")
    assert "do not release it again" not in packet["next"]
    assert [(each.get("question"), each.get("answer")) for each in whole["history"]] == [
        ("Question 1?", "Answer 1"),
        ("Question 2?", "Answer 2"),
        (None, None),
    ]


@pytest.mark.anyio
@holds("question")
async def test_a_long_answer_is_cut_and_read_on(store: SparkQ) -> None:
    add(store, "one")
    take(store)
    tasks.release(store, 1, question="A or B?")
    tasks.answer(store, 1, "B, since " + "x" * 50_000)
    async with chat(store) as client:
        packet = await call(client, "claim", queue="backend")
        assert packet["next"].startswith("Read on what is cut")
        assert packet["more"]["answer"].startswith("get_task(task_id=1, more='answer")
        assert packet["task"]["question"] == "A or B?"


@pytest.mark.anyio
@holds("question")
async def test_no_tool_answers_and_a_refusal_says_that_the_person_decides(store: SparkQ) -> None:
    add(store, "one")
    async with chat(store) as client:
        assert not any("answer" in tool.name for tool in (await client.list_tools()).tools)
        await call(client, "claim", queue="backend")
        await call(client, "release", task_id=1, question="A or B?")
        refused = await client.call_tool("claim", {"task_id": 1})

    assert refused.structured_content is not None
    assert "waits for the answer to its question" in refused.structured_content["message"]
    assert refused.structured_content["next"].startswith("Only the person can change it now.")


@holds("question", "mcp-wait")
def test_an_answer_wakes_a_waiting_claim(store: SparkQ) -> None:
    add(store, "one")
    take(store)
    tasks.release(store, 1, question="A or B?")
    with Raw(store.config.root) as raw:
        raw.initialize()
        raw.send(waiting())
        assert raw.receive()["method"] == "notifications/progress"
        tasks.answer(store, 1, "B")
        claimed = raw.answer(7)["result"]["structuredContent"]

    assert (claimed["task"]["id"], claimed["task"]["answer"]) == (1, "B")


@pytest.mark.anyio
@holds("usage-limit")
@pytest.mark.parametrize("tool", ["list_queues", "get_task", "progress"])
async def test_whatever_a_chat_calls_its_usage_limit_is_over(store: SparkQ, tool: str) -> None:
    add(store, "one")
    async with chat(store) as client:
        await call(client, "claim", queue="backend")
        ((chat_id,),) = store.db.rows("SELECT chat_id FROM attempts")
        limit.reached(store, chat_id)
        async with chat(store) as other:
            listed = await call(other, "list_tasks", queue="backend")
            assert listed["tasks"][0]["limit_until"]
        assert tasks.get(store, 1).limit_until is not None, "another chat's call ends nothing"

        await call(client, tool, **({} if tool == "list_queues" else {"task_id": 1}))

    assert tasks.get(store, 1).limit_until is None
    assert not limit.waits(store.db, chat_id)
