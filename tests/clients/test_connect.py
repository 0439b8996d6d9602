"""Claude Code with what `sparkq connect` wrote: with --allow it asks nothing."""

from pathlib import Path

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode, ended
from tests.clients.model import ScriptedModel
from tests.clients.test_until_empty import stop_after_each
from tests.harness.git_steps import commit, git, start
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.harness.task_steps import add, queued_ids
from tests.promises import holds
from tests.proof.extent import in_prove


@pytest.fixture
def connected(claude: ClaudeCode, shell: Shell) -> ClaudeCode:
    """Claude Code without the files that the tests give it, connected by the command."""
    (shell.folder / ".mcp.json").unlink()
    (shell.folder / ".claude/settings.local.json").unlink()
    shell.ok("connect", "claude-code", "--allow")
    return claude


@holds("connect-allow")
def test_a_headless_chat_asks_nothing_and_has_all_tools_without_a_search(
    connected: ClaudeCode, model: ScriptedModel, store: SparkQ
) -> None:
    add(store, "one", "two")

    answer = connected.ask("Work the queue backend.")

    assert answer["permission_denials"] == []
    assert queued_ids(store) == []
    assert [tasks.get(store, number).status for number in (1, 2)] == ["succeeded", "succeeded"]
    offered = [{tool["name"] for tool in request.get("tools", [])} for request in model.requests]
    assert max(len([name for name in names if name.startswith("mcp__sparkq__")]) for names in offered) == 12


@holds("connect-allow")
def test_a_chat_on_a_terminal_asks_nothing(connected: ClaudeCode, store: SparkQ) -> None:
    add(store, "one")

    with connected.chat() as chat:
        chat.until("❯")
        chat.say("Do one task of backend")
        chat.until("#1 is done.")


@holds("connect-allow")
def test_a_chat_that_is_not_allowed_is_denied(connected: ClaudeCode, shell: Shell, store: SparkQ) -> None:
    add(store, "one")
    shell.ok("connect", "claude-code", "--remove")
    shell.ok("connect", "claude-code", "--no-allow")

    assert connected.ask("Work the queue backend.")["permission_denials"] != []
    assert queued_ids(store) == [1]


@in_prove
@holds("connect-anywhere")
def test_a_chat_in_a_linked_work_tree_works_the_projects_queue(
    connected: ClaudeCode, shell: Shell, store: SparkQ, tmp_path: Path
) -> None:
    add(store, "one")
    start(shell.folder)
    commit(shell.folder)
    git(shell.folder, "worktree", "add", "-q", str(tmp_path / "linked"))
    there = shell._replace(folder=tmp_path / "linked")

    there.ok("connect", "claude-code", "--allow")
    answer = ended(connected.start("Work the queue backend.", folder=there.folder))

    assert answer["permission_denials"] == []
    assert tasks.get(store, 1).status == "succeeded"


@in_prove
@holds("doctor-clients", "assignment")
def test_the_plugin_keeps_its_own_server_beside_that_of_the_project(
    plugged: ClaudeCode, model: ScriptedModel, shell: Shell, store: SparkQ
) -> None:
    add(store, "one", "two")
    (shell.folder / ".mcp.json").write_text(
        (TOP / ".mcp.json.example").read_text()
    )  # where both are alike, one is dropped
    model.scripts["/sparkq:work"] = stop_after_each

    plugged.ask("/sparkq:work backend")

    assert queued_ids(store) == []
