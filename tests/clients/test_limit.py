"""A chat that reaches its usage limit in the middle of a task: the client tells it by a hook."""

import json

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Call, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import completion, packet_in, tool
from tests.harness.clocks import HOUR, SECOND
from tests.harness.shell import SECONDS
from tests.harness.task_steps import add, attempts, timeline
from tests.promises import holds

PERMITTED = ("--allowedTools", "mcp__plugin_sparkq_sparkq")


@holds("usage-limit", "mcp-claude-code")
def test_its_task_waits_until_the_limit_is_over_and_the_resumed_chat_settles_it(
    plugged: ClaudeCode, model: ScriptedModel, store: SparkQ
) -> None:
    add(store, "one", timeout=900)
    over = store.clock.now() // SECOND + 2 * HOUR

    def begin(seen: Conversation) -> Answer:
        model.limit = f"Claude AI usage limit reached|{over}"
        return tool("claim", queue="backend")

    def go_on(seen: Conversation) -> Answer:
        if packet_in(seen.latest):
            return completion(seen.latest)
        return "Done." if seen.results else [Call("mcp__sparkq__claim", {"task_id": 1})]

    model.scripts |= {"Begin with": begin, "Go on with": go_on}
    out, _ = plugged.start("Begin with backend.", *PERMITTED).communicate(timeout=SECONDS)
    chat = json.loads(out)

    assert chat["is_error"]
    assert tasks.get(store, 1).limit_until == over * SECOND
    assert tasks.get(store, 1).status == "running"

    model.limit = None
    plugged.ask("Go on with #1.", "--resume", chat["session_id"], *PERMITTED)

    (attempt,) = attempts(store, 1)
    assert (attempt.outcome, attempt.result) == ("succeeded", "Did one.")
    assert {"usage limit", "usage limit over"} < set(timeline(store, 1))
