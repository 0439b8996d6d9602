"""Claude Code with what `sparkq connect` wrote: with --allow it asks nothing."""

from pathlib import Path

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode, ended
from tests.clients.model import ScriptedModel
from tests.harness.git_steps import commit, git, start
from tests.harness.shell import Shell
from tests.harness.task_steps import add, queued_ids
from tests.promises import holds


@pytest.fixture
def connected(claude: ClaudeCode, shell: Shell) -> ClaudeCode:
    """Claude Code without the files that the tests give it, connected by the command."""
    (shell.folder / ".mcp.json").unlink()
    (shell.folder / ".claude/settings.local.json").unlink()
    shell.ok("connect", "claude-code", "--allow")
    return claude


@holds("connect-allow")
def test_a_headless_chat_asks_nothing_and_has_the_tools_at_once(
    connected: ClaudeCode, model: ScriptedModel, store: SparkQ
) -> None:
    add(store, "one", "two")

    answer = connected.ask("Work the queue backend.")

    assert answer["permission_denials"] == []
    assert queued_ids(store) == []
    assert [tasks.get(store, number).status for number in (1, 2)] == ["succeeded", "succeeded"]
    first = next(request for request in model.requests if request.get("tools"))
    assert len([tool for tool in first["tools"] if tool["name"].startswith("mcp__sparkq__")]) == 12


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
