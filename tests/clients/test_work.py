"""Chats of a real client empty a queue."""

from threading import Barrier

from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode, ended
from tests.clients.conftest import INSTRUCTIONS
from tests.clients.conversation import Answer, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import work_the_queue
from tests.harness.shell import SECONDS
from tests.harness.task_steps import add, attempts
from tests.promises import holds

CHATS = 3


def outcomes(sq: SparkQ, task_ids: list[int]) -> list[list[tuple[str | None, str | None]]]:
    """How every attempt of these tasks ended."""
    return [[(attempt.outcome, attempt.result) for attempt in attempts(sq, task_id)] for task_id in task_ids]


@holds("mcp-claude-code", "mcp-instructions-each-packet")
def test_a_chat_works_a_queue_until_it_is_empty(claude: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, "one", "two", "three")

    answer = claude.ask("Work the queue backend.")["result"]

    assert "The queue backend is empty. Stop." in answer
    assert outcomes(store, ids) == [[("succeeded", f"Did {name}.")] for name in ("one", "two", "three")]
    assert [packet["task"]["id"] for packet in model.packets] == ids
    assert [packet["instructions"] for packet in model.packets] == [INSTRUCTIONS] * len(ids)


@holds("mcp-claude-code", "claim-once")
def test_three_chats_share_a_queue_and_do_each_task_once(
    claude: ClaudeCode, model: ScriptedModel, store: SparkQ
) -> None:
    prompts = [f"task {number}" for number in range(3 * CHATS)]
    ids = add(store, *prompts)
    together = Barrier(CHATS)

    def when_all_are_there(seen: Conversation) -> Answer:
        if not seen.results:
            together.wait(SECONDS)
        return work_the_queue(seen)

    model.scripts["Work together on"] = when_all_are_there
    for chat in [claude.start("Work together on backend.") for _ in range(CHATS)]:
        ended(chat)

    assert outcomes(store, ids) == [[("succeeded", f"Did {prompt}.")] for prompt in prompts]
    assert sorted(packet["task"]["id"] for packet in model.packets) == ids
