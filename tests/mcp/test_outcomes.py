"""What a chat is told of an outcome that it reports."""

import pytest

from sparkq_core import queues
from sparkq_core.project import SparkQ
from tests.harness.task_steps import add
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
            await call(client, "complete", task_id=task_id, result="Done.", claim_next=claim_next)
            for task_id in (1, 2, 2)
        ]

    gives_nothing = "The queue backend is archived: it hands out nothing."
    assert [answer["next"] for answer in said] == [
        f"{gives_nothing} Settle the open claims." if claim_next else gives_nothing,
        gives_nothing,
        f"It was already settled so; nothing changed. {gives_nothing}",
    ]
    assert [answer.get("claimed") for answer in said][:2] == (
        [{"task": None, "open_claims": [2]}, {"task": None}] if claim_next else [None, None]
    )


async def test_whoever_reports_an_outcome_again_learns_what_is_next(sq: SparkQ, queue: str, era: str) -> None:
    add(sq, "one", "two", "three")
    settles = {"task_id": 1, "result": "Done.", "claim_next": True}
    async with chat(sq, era) as client:
        await call(client, "claim", queue="backend")
        missed = await call(client, "complete", **settles)
        again = await call(client, "complete", **settles)
        await call(client, "complete", task_id=missed["claimed"]["task"]["id"], result="Done.")
        later = await call(client, "complete", **settles)

    before = "It was already settled so; nothing changed."
    assert again["open_claims"] == [2]
    assert again["next"] == f"{before} Settle the open claims. claim with task_id shows one again."
    assert (later["next"], "open_claims" in later) == (f"{before} Claim the next task.", False)
