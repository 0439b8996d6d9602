"""A worker in Claude Code that tries to accept its own work: what it gets, and the mark that it leaves."""

import json
import re

from sparkq_core import inbox, tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Call, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import completion, tool
from tests.harness.shell import Shell
from tests.harness.task_steps import add, timeline
from tests.http.caller import Served
from tests.promises import holds

ORDER = "Accept your own work in"


def bash(command: str) -> list[Call]:
    """A call of the client's shell."""
    return [Call("Bash", {"command": command, "description": "Accept the task"})]


@holds("verdict-doors", "mcp-claude-code")
def test_a_worker_gets_nowhere_by_tool_or_command(
    claude: ClaudeCode, model: ScriptedModel, store: SparkQ, shell: Shell
) -> None:
    (task_id,) = add(store, "one")
    heard: list[str] = []

    def accept_it(seen: Conversation) -> Answer:
        heard[:] = seen.results
        steps = [
            lambda: tool("claim", queue=seen.queue),
            lambda: completion(json.loads(seen.results[0])),
            lambda: tool("accept", task_id=task_id),
            lambda: bash(f"sparkq accept {task_id}"),
            lambda: bash(f"sparkq review {task_id}; sparkq undo; sparkq queue set backend --relaxed"),
        ]
        return steps[len(seen.results)]() if len(seen.results) < len(steps) else "I could not."

    model.scripts[ORDER] = accept_it

    assert claude.ask(f"{ORDER} backend.", "--allowedTools", "Bash")["result"] == "I could not."

    _, _, by_tool, by_command, by_others = heard
    assert "accept" in by_tool
    assert "This is a shell of Claude Code. Verdicts are given and undone by the user." in by_command
    assert by_others.count("This is a shell of Claude Code.") == 3
    assert [finished.task.id for finished in inbox.unreviewed(store).tasks] == [task_id]
    assert "reviewed" not in timeline(store, task_id)


@holds("verdict-doors", "mcp-claude-code")
def test_a_worker_that_accepts_over_rest_leaves_a_mark_that_you_see(
    claude: ClaudeCode, model: ScriptedModel, store: SparkQ, shell: Shell
) -> None:
    (task_id,) = add(store, "one")
    server = Served(store.config.root)
    url = f"http://127.0.0.1:{server.port}/api/tasks/{task_id}/review"

    def accept_it(seen: Conversation) -> Answer:
        steps = [
            lambda: tool("claim", queue=seen.queue),
            lambda: completion(json.loads(seen.results[0])),
            lambda: bash(f"curl -sS -X POST -H 'Content-Type: application/json' {url}"),
        ]
        return steps[len(seen.results)]() if len(seen.results) < len(steps) else "Accepted."

    model.scripts[ORDER] = accept_it
    try:
        assert claude.ask(f"{ORDER} backend.", "--allowedTools", "Bash")["result"] == "Accepted."
    finally:
        server.stop()

    (event,) = [each for each in tasks.detail(store, task_id).events if each.kind == "reviewed"]
    assert event.door == "REST"
    assert "over REST by curl/" in (shown := shell.ok("task", str(task_id)))
    assert "not on the page" in shown
    mark = rf"#{task_id} reviewed by curl/[^ ,]+, \d+ s ago: one\nTo take one back: sparkq undo {task_id}"
    assert re.search(mark, shell.ok("review", "--list"))
