"""What a chat is told of an outcome that it reports."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.harness.task_steps import add, attempts
from tests.mcp.chat import ERAS, call, chat

pytestmark = pytest.mark.anyio


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_an_outcome_for_an_archived_queue_is_taken_and_nothing_more_given(
    sq: SparkQ, queue: str, era: str
) -> None:
    add(sq, "one", "two")
    async with chat(sq, era) as client:
        await call(client, "claim", queue="backend")
        queues.archive(sq, "backend")
        settled = await call(client, "complete", task_id=1, result="Done.", claim_next=True)

    assert (settled["status"], settled["remaining"], settled["claimed"]) == ("succeeded", 1, {"task": None})
    assert "archived" in settled["next"]


@pytest.mark.parametrize("claim_next", [False, True])
async def test_after_an_outcome_nobody_is_sent_to_a_queue_that_gives_nothing(
    sq: SparkQ, queue: str, claim_next: bool
) -> None:
    add(sq, "one", "two")
    async with chat(sq) as client:
        for _ in range(2):
            await call(client, "claim", queue="backend")
        add(sq, *(["three"] if not claim_next else []))
        queues.archive(sq, "backend")
        said = [
            await call(client, "complete", task_id=task_id, attempt=1, result="Done.", claim_next=claim_next)
            for task_id in (1, 2, 2)
        ]

    gives_nothing = "The queue backend is archived: it hands out nothing. Stop."
    before = "#2 was settled so before; nothing changed."
    assert [answer["next"].partition(" Still open")[0] for answer in said] == [
        gives_nothing,
        gives_nothing,
        f"{before} {gives_nothing}",
    ]
    assert [answer.get("claimed", {}).get("task", "none") for answer in said] == [None if claim_next else "none"] * 3


async def test_an_outcome_again_brings_the_task_again_that_came_with_it(sq: SparkQ, queue: str, era: str) -> None:
    add(sq, "one", "two", "three")
    settles = {"task_id": 1, "attempt": 1, "result": "Done.", "claim_next": True}
    async with chat(sq, era) as client:
        await call(client, "claim", queue="backend")
        missed = await call(client, "complete", **settles)
        again = await call(client, "complete", **settles)
        await call(client, "complete", task_id=2, attempt=1, result="Done.")
        later = await call(client, "complete", **settles)

    before = "#1 was settled so before; nothing changed."
    assert again["claimed"]["task"]["id"] == missed["claimed"]["task"]["id"] == 2
    assert again["next"] == f"{before} {missed['next']}"
    assert later["next"] == f'{before} 1 task waits in backend: claim(queue="backend") takes the next.'
    assert later["claimed"] == {"task": None}
    assert tasks.get(sq, 3).status == "queued"


async def test_the_same_outcome_in_other_words_is_kept_and_said(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        await call(client, "complete", task_id=1, attempt=1, result="Done.")
        again = await call(client, "complete", task_id=1, attempt=1, result="Done, but 2 tests fail.")

    assert again["next"].startswith(
        "#1 was settled so before; your other words are kept beside the first, for the person."
    )
    assert attempts(sq, 1)[0].late_text == "Done, but 2 tests fail."
