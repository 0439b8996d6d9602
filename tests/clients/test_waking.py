"""A claim that waits in the background wakes its chat. It takes more than two minutes, after which the client moves it there."""

import json

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.model import ScriptedModel
from tests.clients.scripts import wait_for_work
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.promises import holds
from tests.proof.extent import BROKEN, EXTENT

MOVED = 180
"""Seconds within which the client moves a call to the background: it does so after 120."""


long = pytest.mark.skipif(EXTENT in ("test", BROKEN), reason="a call in the background takes two minutes: make prove")


@long
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


@long
@holds("mcp-claude-code", "mcp-wait")
def test_a_chat_with_the_plugin_is_woken_if_the_tools_are_permitted_for_good(
    plugged: ClaudeCode, model: ScriptedModel, store: SparkQ, shell: Shell
) -> None:
    settings = shell.folder / ".claude/settings.local.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"permissions": {"allow": ["mcp__plugin_sparkq_sparkq"]}}))
    model.scripts["/sparkq:work"] = wait_for_work
    with plugged.chat() as chat:
        chat.until("❯")
        chat.say("/sparkq:work backend")
        chat.until_true(lambda: len(model.requests) == 2, MOVED)
        (task_id,) = add(store, "one")
        chat.until("#1 is done.")

    assert tasks.get(store, task_id).status == "succeeded"
