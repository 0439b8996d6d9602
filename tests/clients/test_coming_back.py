"""A chat that comes back finishes its work, and one that never does is known to be gone."""

import re
from threading import Event

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import HELD, hold_a_task
from tests.harness.shell import SECONDS, Shell
from tests.harness.task_steps import add, attempts, queued_ids
from tests.harness.waiting import until
from tests.promises import holds
from tests.proof.extent import in_prove


@holds("mcp-claude-code", "mcp-remembers-attempts")
def test_a_resumed_chat_completes_its_claim_without_the_number(claude: ClaudeCode, store: SparkQ) -> None:
    (task_id,) = add(store, "one")
    before = claude.ask("Hold a task of backend.")
    assert before["result"] == HELD

    after = claude.ask(f"Complete {task_id}.", "--resume", before["session_id"])

    assert after["session_id"] == before["session_id"]
    assert tasks.get(store, task_id).status == "succeeded", after["result"]


def kill_while_it_holds_a_task(claude: ClaudeCode, model: ScriptedModel, store: SparkQ) -> int:
    """Kill a client in the middle of its task, and wait until the server has recorded it; the id of the task."""
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
    until(lambda: store.db.rows("SELECT id FROM chats WHERE gone_at IS NOT NULL") != [])
    return task_id


@in_prove
@holds("mcp-claude-code")
def test_a_killed_client_is_recorded_as_gone_and_its_task_stays(
    claude: ClaudeCode, model: ScriptedModel, store: SparkQ
) -> None:
    task_id = kill_while_it_holds_a_task(claude, model, store)

    assert [attempt.outcome for attempt in attempts(store, task_id)] == [None]
    assert queued_ids(store) == []


@holds("mcp-claude-code")
def test_a_task_says_that_its_chat_is_gone(
    claude: ClaudeCode, model: ScriptedModel, store: SparkQ, shell: Shell
) -> None:
    task_id = kill_while_it_holds_a_task(claude, model, store)

    assert re.search(
        r"chat +claude-code, .*, closed at \d\d:\d\d\n +open it again, or fail or release the task: cd ",
        shell.ok("task", str(task_id)),
    )
