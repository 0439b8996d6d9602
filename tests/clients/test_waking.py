"""A claim that waits in the background wakes its chat. It takes more than two minutes, after which the client moves it there."""

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.model import ScriptedModel
from tests.harness.task_steps import add
from tests.promises import holds
from tests.proof.extent import BROKEN, EXTENT

MOVED = 180
"""Seconds within which the client moves a call to the background: it does so after 120."""


@pytest.mark.skipif(EXTENT in ("test", BROKEN), reason="a call in the background takes two minutes: make prove")
@holds("mcp-claude-code", "mcp-wait")
def test_a_task_that_comes_later_wakes_the_chat(claude: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    with claude.chat() as chat:
        chat.until("❯")
        chat.say("Wait for backend")
        chat.until_true(lambda: len(model.requests) == 2, MOVED)
        assert model.answers == [], "the claim still waits"
        (task_id,) = add(store, "one")
        chat.until("#1 is done.")

    assert tasks.get(store, task_id).status == "succeeded"
