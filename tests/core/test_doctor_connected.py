"""What the doctor says of clients that `sparkq connect` knows: Codex and others, other checkouts, the plugin, permissions."""

import json
from pathlib import Path

import pytest

from sparkq_core.installation.doctor import examine
from sparkq_core.installation.findings import OK, WARNING, Finding
from sparkq_core.project import SparkQ
from tests.core.test_doctor_clients import approve, settings
from tests.promises import holds

COMMAND = {"command": "sparkq", "args": ["mcp"]}


def finding(sq: SparkQ, home: Path, **env: str) -> Finding:
    """What the doctor finds about clients."""
    findings = examine(sq.config.root, {"HOME": str(home), **env})
    return next(each for each in findings if each.check == "MCP clients")


def alone(sq: SparkQ) -> Path:
    """The root of a project that no client has."""
    (sq.config.root / ".mcp.json").unlink()
    return sq.config.root


@holds("doctor-clients")
@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        (
            ".cursor/mcp.json",
            '{"mcpServers": {"sparkq": {"command": "sparkq", "args": ["mcp"]}}, /* mine */}',
            "Cursor",
        ),
        (".gemini/settings.json", '{"mcpServers": {"sparkq": {"command": "sparkq", "args": ["mcp"]}}}', "Gemini CLI"),
        ("opencode.json", '{"mcp": {"sparkq": {"type": "local", "command": ["sparkq", "mcp"]}}}', "opencode"),
        (
            ".vscode/mcp.json",
            '{"servers": {"sparkq": {"command": "sparkq", "args": ["mcp", "--project", "${workspaceFolder}"]}}}',
            "VS Code",
        ),
    ],
)
def test_clients_of_the_project_are_known(healthy: SparkQ, tmp_path: Path, file: str, text: str, name: str) -> None:
    path = alone(healthy) / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)

    assert finding(healthy, tmp_path)[1:3] == (OK, name)


@holds("doctor-clients")
def test_codex_is_known_by_the_project_that_it_names(healthy: SparkQ, tmp_path: Path) -> None:
    root = alone(healthy)
    for folder, state in ((root, OK), (tmp_path, WARNING)):
        file = tmp_path / "codex/config.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f'[mcp_servers.sparkq]\ncommand = "sparkq"\nargs = ["mcp", "--project", "{folder}"]\n')

        assert finding(healthy, tmp_path, CODEX_HOME=str(file.parent)).state == state


@holds("doctor-clients", "connect-anywhere")
def test_an_entry_of_the_project_for_another_checkout_is_a_warning(healthy: SparkQ, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    approve(tmp_path)
    words = ["mcp", "--project", str(other)]
    (healthy.config.root / ".mcp.json").write_text(json.dumps({"mcpServers": {"sparkq": COMMAND | {"args": words}}}))

    found = finding(healthy, tmp_path)

    assert (found.state, found.fix) == (WARNING, "sparkq connect claude-code")
    assert found.message == f"'sparkq' of Claude Code (.mcp.json) is for {other}: chats here work the queues there"


@holds("doctor-clients")
def test_a_command_that_is_not_on_the_path_is_a_warning(healthy: SparkQ, tmp_path: Path) -> None:
    approve(tmp_path)
    (healthy.config.root / ".mcp.json").write_text(json.dumps({"mcpServers": {"sparkq": COMMAND}}))

    assert "sparkq, which is not on the PATH" in finding(healthy, tmp_path, PATH=str(tmp_path)).message
    (tmp_path / "sparkq").touch(0o755)
    assert finding(healthy, tmp_path, PATH=str(tmp_path)).state == OK


def test_comments_in_a_file_of_claude_code_are_a_warning_as_it_ignores_it(healthy: SparkQ, tmp_path: Path) -> None:
    file = healthy.config.root / ".mcp.json"
    file.write_text("// mine\n" + file.read_text())

    assert finding(healthy, tmp_path).message == f"not JSON: {file}"


@holds("doctor-clients")
def test_that_claude_code_asks_before_each_tool_is_said(healthy: SparkQ, tmp_path: Path) -> None:
    settings(tmp_path / ".claude/settings.json", enabledMcpjsonServers=["sparkq"])
    assert "asks before each tool (sparkq connect claude-code --allow ends that)" in finding(healthy, tmp_path).message

    settings(healthy.config.root / ".claude/settings.local.json", permissions={"allow": ["mcp__sparkq"]})
    assert "asks before each tool" not in finding(healthy, tmp_path).message


@holds("doctor-approval")
def test_a_folder_that_is_not_trusted_yet_is_said_as_such(healthy: SparkQ, tmp_path: Path) -> None:
    settings(healthy.config.root / ".claude/settings.local.json", enabledMcpjsonServers=["sparkq"])

    assert "Claude Code does not trust this folder yet" in finding(healthy, tmp_path).message


@holds("doctor-clients")
@pytest.mark.parametrize("place", ["home", "project"])
def test_the_plugin_is_known_and_both_are_two_sets_of_tools(healthy: SparkQ, tmp_path: Path, place: str) -> None:
    approve(tmp_path)
    folder = tmp_path if place == "home" else healthy.config.root
    file = folder / ".claude" / ("settings.json" if place == "home" else "settings.local.json")
    present = json.loads(file.read_text()) if file.exists() else {}
    settings(file, **present, enabledPlugins={"sparkq@sparkq": True, "other@x": True})

    both = finding(healthy, tmp_path)
    alone(healthy)

    assert (both.state, "two sets of tools" in both.message) == (WARNING, True)
    assert finding(healthy, tmp_path)[1:3] == (OK, "the plugin of Claude Code")
    settings(file, enabledPlugins={"sparkq@sparkq": False})
    assert finding(healthy, tmp_path).message == "no client has this project"
