"""A chat is not a context: one server process serves what was cleared, compacted and split into subagents."""

from threading import Barrier

import pytest

from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conftest import INSTRUCTIONS
from tests.clients.conversation import Answer, Call, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import completion, packet_in, tool
from tests.harness.shell import SECONDS
from tests.harness.task_steps import add, attempts
from tests.promises import holds
from tests.proof.extent import in_prove

SIBLINGS = 2


@holds("mcp-claude-code", "mcp-instructions-each-packet")
@pytest.mark.parametrize("command", ["clear", pytest.param("compact", marks=in_prove)])
def test_a_context_without_memory_sees_the_instructions_again(
    claude: ClaudeCode, model: ScriptedModel, store: SparkQ, command: str
) -> None:
    add(store, "one", "two")
    with claude.chat() as chat:
        chat.until("❯")
        chat.say("Do one task of backend")
        chat.until("#1 is done.")
        chat.say(f"/{command}")
        chat.until_true(lambda: claude.contexts() == ["startup", command])
        chat.say("Do one task of backend")
        chat.until("#2 is done.")

    assert "Did one." not in str(model.requests[-1]["messages"]), "it has forgotten the first task"
    assert [packet["instructions"] for packet in model.packets] == [INSTRUCTIONS] * 2


def send_two(seen: Conversation) -> Answer:
    """Let two subagents work the queue beside each other."""
    if seen.results:
        return "Both are back."
    brief = {"description": "Work", "subagent_type": "general-purpose", "run_in_background": False}
    return [Call("Agent", brief | {"prompt": f"Work beside another on {seen.argument}"})] * SIBLINGS


@holds("mcp-claude-code", "mcp-open-claims", "mcp-instructions-each-packet")
def test_subagents_finish_beside_each_other(claude: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, "one", "two")
    both_hold = Barrier(SIBLINGS)

    def work_beside(seen: Conversation) -> Answer:
        if not seen.results:
            return tool("claim", queue=seen.argument)
        if packet_in(seen.latest):
            both_hold.wait(SECONDS)
            return completion(seen.latest, claim_next=True)
        return "Nothing is left."

    model.scripts |= {"Send two to": send_two, "Work beside another on": work_beside}
    claude.ask("Send two to backend.")

    ended = [[(attempt.outcome, attempt.result) for attempt in attempts(store, task_id)] for task_id in ids]
    assert ended == [[("succeeded", "Did one.")], [("succeeded", "Did two.")]]
    assert [packet["instructions"] for packet in model.packets] == [INSTRUCTIONS] * SIBLINGS
    steps = [answer["next"] for answer in model.answers]
    assert [step for step in steps if "settle" in step.lower()] == []
    assert [step for step in steps if "Still open in this chat, perhaps with a subagent: #" in step] != []
