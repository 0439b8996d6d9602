"""`sparkq chat --command` leads back into the very conversation that did the work, however that conversation came to be."""

import json
from collections.abc import Callable

import pytest

from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Call, Conversation
from tests.clients.model import ScriptedModel
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.promises import holds
from tests.proof.extent import in_prove

Way = Callable[[ClaudeCode, ScriptedModel], tuple[int, str]]
DO = "Do one task of backend."


def new_chat(claude: ClaudeCode, model: ScriptedModel) -> tuple[int, str]:
    """A chat does a task. Returned are the task that is asked about, and what its chat said."""
    claude.ask(DO)
    return 1, "Did alpha."


def continued(claude: ClaudeCode, model: ScriptedModel) -> tuple[int, str]:
    """A chat that was continued does the second task."""
    claude.ask(DO)
    claude.ask(DO, "--continue")
    return 2, "Did beta."


def resumed(claude: ClaudeCode, model: ScriptedModel) -> tuple[int, str]:
    """A chat that was resumed after another one does the third task."""
    first = claude.ask(DO)
    claude.ask(DO)
    claude.ask(DO, "--resume", first["session_id"])
    return 3, "Did gamma."


def cleared(claude: ClaudeCode, model: ScriptedModel) -> tuple[int, str]:
    """The chat that began with /clear, in the process of the one before, does the second task."""
    with claude.chat() as chat:
        chat.until("❯")
        chat.say("Do one task of backend")
        chat.until("#1 is done.")
        chat.say("/clear")
        chat.until_true(lambda: claude.contexts() == ["startup", "clear"])
        chat.say("Do one task of backend")
        chat.until("#2 is done.")
    return 2, "Did beta."


def in_a_subagent(claude: ClaudeCode, model: ScriptedModel) -> tuple[int, str]:
    """A subagent does a task: the way back leads to the chat that sent it."""

    def send(seen: Conversation) -> Answer:
        brief = {"description": "Work", "subagent_type": "general-purpose", "run_in_background": False}
        return "It is back." if seen.results else [Call("Agent", brief | {"prompt": DO})]

    model.scripts["Send somebody"] = send
    claude.ask("Send somebody to backend.")
    return 1, "It is back."


@pytest.fixture
def allowed(plugged: ClaudeCode, shell: Shell) -> ClaudeCode:
    """The client with the plugin, whose hooks tell which chat works, and whose tools it may use at any prompt."""
    settings = shell.folder / ".claude/settings.local.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(json.dumps({"permissions": {"allow": ["mcp__plugin_sparkq_sparkq"]}}))
    return plugged


@holds("way-back")
@pytest.mark.parametrize(
    "way", [*(pytest.param(way, marks=in_prove) for way in (new_chat, continued, cleared)), resumed, in_a_subagent]
)
def test_the_printed_command_opens_the_chat_that_did_the_work(
    allowed: ClaudeCode, model: ScriptedModel, store: SparkQ, shell: Shell, way: Way
) -> None:
    add(store, "alpha", "beta", "gamma")
    task, said = way(allowed, model)
    model.scripts["What did you do"] = lambda _: "I remember."

    command = shell.ok("chat", str(task), "--command").strip()
    opened = allowed.type(f"{command} -p 'What did you do?' --output-format json")

    assert opened.code == 0, opened.err
    assert json.loads(opened.out)["session_id"] == shell.facts("chat", str(task))["session"]
    assert said in str(model.requests[-1]["messages"])
