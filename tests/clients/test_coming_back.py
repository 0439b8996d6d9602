"""A chat that comes back finishes its work, and one that never does is known to be gone."""

from threading import Event

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import HELD, hold_a_task
from tests.harness.shell import SECONDS, Shell
from tests.harness.task_steps import add
from tests.harness.waiting import until
from tests.promises import holds

SOON = 10
"""Seconds in which a server has noticed that its client is gone: it sees the end of its input at once."""


@pytest.mark.xfail(strict=True, reason="the server takes its process for the chat")
@holds("mcp-claude-code")
def test_a_resumed_chat_completes_its_claim_without_the_number(claude: ClaudeCode, store: SparkQ) -> None:
    (task_id,) = add(store, "one")
    before = claude.ask("Hold a task of backend.")
    assert before["result"] == HELD

    after = claude.ask(f"Complete {task_id}.", "--resume", before["session_id"])

    assert after["session_id"] == before["session_id"]
    assert tasks.get(store, task_id).status == "succeeded", after["result"]


@pytest.mark.xfail(strict=True, reason="the store does not know chats")
@holds("mcp-claude-code")
def test_a_killed_client_leaves_a_task_that_says_so(
    claude: ClaudeCode, model: ScriptedModel, store: SparkQ, shell: Shell
) -> None:
    (task_id,) = add(store, "one")
    claimed, over = Event(), Event()

    def hold_and_think(seen: Conversation) -> Answer:
        if seen.results:
            claimed.set()
            over.wait(SECONDS)
        return hold_a_task(seen)

    model.scripts["Think about"] = hold_and_think
    client = claude.start("Think about backend.")
    assert claimed.wait(SECONDS)
    client.kill()
    client.communicate()
    over.set()

    until(lambda: "chat closed" in shell.ok("task", str(task_id)), SOON)
    assert tasks.get(store, task_id).status == "running"
