"""With `--fresh` each task gets a context of its own: a subagent of the plugin, one after another."""

import json

from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conftest import INSTRUCTIONS
from tests.clients.conversation import Answer, Call, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import completion, packet_in, tool
from tests.harness.task_steps import add, attempts
from tests.promises import holds

PROMPTS = ["Count the apples", "Count the pears", "Count the plums"]


def hand_out(seen: Conversation) -> Answer:
    """Give each task to a worker, as long as the worker before says that some are left."""
    if seen.results and "0 left" in seen.results[-1]:
        return "All tasks are done."
    brief = {"description": "Do one task", "subagent_type": "sparkq:task-worker", "run_in_background": False}
    return [Call("Agent", brief | {"prompt": f"Do one task of {seen.queue}"})]


def one_task(seen: Conversation) -> Answer:
    """Claim one task, complete it, and answer in two lines."""
    if not seen.results:
        return tool("claim", queue=seen.queue)
    if packet_in(seen.latest):
        return completion(seen.latest)
    return f"#{seen.latest['id']} succeeded\n{seen.latest['remaining']} left in {seen.queue}"


@holds("plugin-fresh", "mcp-instructions-each-packet")
def test_each_task_gets_a_context_of_its_own(plugged: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, *PROMPTS)
    model.scripts |= {"/sparkq:work": hand_out, "Do one task of": one_task}

    answer = plugged.ask("/sparkq:work backend --fresh")["result"]

    assert answer == "All tasks are done."
    tried = [attempts(store, task_id) for task_id in ids]
    assert [[attempt.outcome for attempt in each] for each in tried] == [["succeeded"]] * len(ids)
    times = [time for (attempt,) in tried for time in (attempt.claimed_at, attempt.finished_at or 0)]
    assert times == sorted(times), "one at a time"
    assert [packet["instructions"] for packet in model.packets] == [INSTRUCTIONS] * len(ids)
    contexts = [[prompt for prompt in PROMPTS if prompt in json.dumps(request)] for request in model.requests]
    assert max(len(known) for known in contexts) == 1, "no context knows two tasks"
    chat = [request for request in model.requests if "<command-name>/sparkq:work" in json.dumps(request)]
    assert chat
    assert not [request for request in chat if any(prompt in json.dumps(request) for prompt in PROMPTS)]
    workers = [request for request in model.requests if "You do one task of a SparkQ queue" in str(request["system"])]
    assert len(workers) == 3 * len(ids), "a claim, a result and two lines each, by the rules of the agent"
