"""`sparkq connect --allow`: the settings that let a client use the tools without asking, and who may write them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.clients import entry, servers_in
from tests.harness.shell import SPARKQ, Shell
from tests.harness.terminal import Terminal
from tests.promises import holds

ALLOWED = {"permissions": {"allow": ["mcp__sparkq"]}, "enabledMcpjsonServers": ["sparkq"]}


def settings(shell: Shell) -> Path:
    return shell.folder / ".claude/settings.local.json"


def written(shell: Shell, value: dict[str, Any], **how: Any) -> str:
    """Write your settings of Claude Code."""
    settings(shell).parent.mkdir(parents=True, exist_ok=True)
    settings(shell).write_text(json.dumps(value, **how))
    return settings(shell).read_text()


@holds("connect-allow")
def test_the_tools_are_allowed_and_what_the_client_still_asks_is_said(shell: Shell) -> None:
    printed = shell.ok("connect", "claude-code", "--allow")

    assert json.loads(settings(shell).read_text()) == ALLOWED
    assert f"It may use the tools without asking: {settings(shell)}" in printed
    assert "asks whether you trust this folder: answer yes" in printed
    assert printed.endswith("Then say there: Work the queue backend until it is empty.\n")
    assert shell.facts("connect", "claude-code", "--no-allow")["allowed"] is True


def test_the_sentence_names_the_queue_with_work(shell: Shell) -> None:
    shell.ok("queue", "create", "docs")
    shell.ok("enqueue", "Write it", "--queue", "docs")

    assert shell.ok("connect", "cursor").endswith("Then say there: Work the queue docs until it is empty.\n")


@holds("connect-allow")
def test_it_asks_and_enter_is_yes(shell: Shell) -> None:
    with Terminal(shell, "connect", "claude-code") as terminal:
        terminal.until("without asking you each time? [Y/n]: ")
        terminal.type("")
        assert terminal.end() == 0
    with Terminal(shell, "connect", "claude-code") as terminal:
        assert terminal.end() == 0  # which is asked once

    assert json.loads(settings(shell).read_text()) == ALLOWED


@holds("connect-allow")
def test_a_no_says_what_the_client_will_ask(shell: Shell) -> None:
    with Terminal(shell, "connect", "claude-code") as terminal:
        terminal.until("without asking you each time? [Y/n]: ")
        terminal.type("n")
        assert "Enter goes on without it" in terminal.until("sparkq connect claude-code --allow")
        assert terminal.end() == 0

    assert not settings(shell).exists()


@pytest.mark.parametrize("client", ["claude-code", "gemini"])
def test_where_nobody_can_answer_an_option_does(shell: Shell, client: str) -> None:
    assert "--allow, or --no-allow" in shell.refused(2, "connect", client)
    assert list(shell.folder.glob(".mcp.json")) == []


@holds("connect-allow")
def test_an_agent_cannot_allow(shell: Shell) -> None:
    refused = shell.refused(4, "connect", "claude-code", "--allow", CLAUDECODE="1")

    assert "shell of Claude Code" in refused
    assert not (shell.folder / ".mcp.json").exists()
    assert not settings(shell).exists()


def test_gemini_trusts_the_server(shell: Shell) -> None:
    shell.ok("connect", "gemini", "--allow")

    assert servers_in(shell, "gemini") == {"sparkq": entry(shell, "gemini") | {"trust": True}}


@holds("connect-keeps")
@pytest.mark.parametrize("indent", [None, 4, "\t"])
def test_other_settings_stay_and_come_back_exactly(shell: Shell, indent: int | str | None) -> None:
    other = {"permissions": {"deny": ["Read(.env)"], "allow": ["Bash(ls:*)"]}, "model": "opus", "env": {}}
    before = written(shell, other, indent=indent)

    shell.ok("connect", "claude-code", "--allow")
    value = json.loads(settings(shell).read_text())
    shell.ok("connect", "claude-code", "--remove")

    assert list(value) == [*other, "enabledMcpjsonServers"]
    assert value["permissions"] == {"deny": ["Read(.env)"], "allow": ["Bash(ls:*)", "mcp__sparkq"]}
    assert settings(shell).read_text() == before


@holds("connect-keeps")
@pytest.mark.parametrize("how", ["remove", "teardown"])
def test_what_you_allowed_yourself_stays(shell: Shell, how: str) -> None:
    own = {"permissions": {"allow": ["mcp__sparkq"]}}
    written(shell, own)
    shell.ok("connect", "claude-code", "--allow")

    shell.ok(*{"remove": ("connect", "claude-code", "--remove"), "teardown": ("teardown", "--force")}[how])

    assert json.loads(settings(shell).read_text()) == own
    assert not (shell.folder / ".mcp.json").exists()


@holds("connect-keeps")
@pytest.mark.parametrize("how", ["remove", "teardown"])
def test_what_was_made_goes_with_its_folder(shell: Shell, how: str) -> None:
    shell.ok("connect", "claude-code", "--allow")

    shell.ok(*{"remove": ("connect", "claude-code", "--remove"), "teardown": ("teardown", "--force")}[how])

    assert [path for path in (".claude", ".mcp.json") if (shell.folder / path).exists()] == []


@holds("connect-keeps")
def test_what_was_added_since_stays(shell: Shell) -> None:
    shell.ok("connect", "claude-code", "--allow")
    value = json.loads(settings(shell).read_text())
    value["permissions"]["allow"].append("Bash(make:*)")
    written(shell, value)

    shell.ok("teardown", "--force")

    assert json.loads(settings(shell).read_text()) == {"permissions": {"allow": ["Bash(make:*)"]}}


@pytest.mark.parametrize("key", ["disabledMcpjsonServers", "permissions.deny"])
def test_a_setting_that_refuses_it_is_named(shell: Shell, key: str) -> None:
    refusing = {"disabledMcpjsonServers": ["sparkq"]} if "." not in key else {"permissions": {"deny": ["mcp__sparkq"]}}
    written(shell, refusing)

    assert f"But {key} in {settings(shell)} refuses it" in shell.ok("connect", "claude-code", "--allow")


@pytest.mark.parametrize(
    "text", ["// mine\n{}", '{"a": 1,}', "[]", '{"permissions": []}', '{"permissions": {"allow": 1}}', "\xff"]
)
def test_settings_that_cannot_be_changed_stay_and_nothing_is_connected(shell: Shell, text: str) -> None:
    settings(shell).parent.mkdir()
    settings(shell).write_bytes(text.encode("latin-1"))

    assert str(settings(shell)) in shell.refused(2, "connect", "claude-code", "--allow")
    assert settings(shell).read_bytes() == text.encode("latin-1")
    assert not (shell.folder / ".mcp.json").exists()


def test_settings_that_git_does_not_ignore_are_named(shell: Shell) -> None:
    assert shell.run("git", "init", "-q").code == 0
    assert "Git does not ignore that file" in shell.ok("connect", "claude-code", "--allow")

    (shell.folder / ".gitignore").write_text(".claude/settings.local.json\n")
    assert "Git does not ignore" not in shell.ok("connect", "claude-code", "--allow")


@holds("connect-anywhere")
def test_a_command_on_the_path_is_named_without_paths(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sparkq").symlink_to(SPARKQ)
    path = f"{folder}:{os.environ['PATH']}"

    for client in ("claude-code", "cursor", "gemini", "opencode", "vscode"):
        shell.ok("connect", client, "--no-allow", PATH=path)
        assert servers_in(shell, client) == {"sparkq": entry(shell, client, "sparkq")}
    shell.ok("connect", "codex", PATH=path)
    assert servers_in(shell, "codex") == {"sparkq": entry(shell, "codex", str(folder / "sparkq"))}


@holds("connect-anywhere")
def test_an_entry_of_another_checkout_is_replaced_and_comes_back(shell: Shell, tmp_path: Path) -> None:
    other = {"command": str(SPARKQ), "args": ["mcp", "--project", str(tmp_path)]}
    file = shell.folder / ".mcp.json"
    file.write_text(json.dumps({"mcpServers": {"sparkq": other}}))

    printed = shell.ok("connect", "claude-code", "--no-allow")

    assert f"Its entry sparkq worked the queues of {tmp_path}; it is replaced." in printed
    assert servers_in(shell, "claude-code") == {"sparkq": entry(shell, "claude-code")}
    shell.ok("connect", "claude-code", "--remove")
    assert servers_in(shell, "claude-code") == {"sparkq": other}


def test_a_path_of_this_machine_that_git_may_commit_is_named(shell: Shell) -> None:
    assert "on this machine only" not in shell.ok("connect", "vscode")
    assert shell.run("git", "init", "-q").code == 0

    assert "on this machine only: do not commit mcp.json" in shell.ok("connect", "vscode")
