"""What the doctor says of MCP clients: which of them start the server of this project."""

import json
from pathlib import Path

import pytest

from sparkq_core.installation.findings import OK, WARNING
from sparkq_core.project import SparkQ
from tests.core.examination import examined


def test_a_client_that_nobody_configured_is_a_warning_with_the_command(healthy: SparkQ) -> None:
    (healthy.config.root / ".mcp.json").write_text('{"mcpServers": {}}')

    finding = examined(healthy.config.root)["MCP clients"]

    assert (finding.state, finding.fix) == (WARNING, "sparkq connect claude-code")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b'{"a": 1,}'])
def test_a_client_configuration_that_is_not_json_is_a_warning(healthy: SparkQ, content: bytes) -> None:
    file = healthy.config.root / ".mcp.json"
    file.write_bytes(content)

    finding = examined(healthy.config.root)["MCP clients"]

    assert (finding.state, bool(finding.fix)) == (WARNING, True)
    assert str(file) in finding.message


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".claude.json", "Claude Code (~/.claude.json)"),
        (".config/Claude/claude_desktop_config.json", "Claude Desktop (Linux)"),
        ("Library/Application Support/Claude/claude_desktop_config.json", "Claude Desktop"),
    ],
)
def test_clients_are_found_at_home_too(healthy: SparkQ, tmp_path: Path, path: str, name: str) -> None:
    file = tmp_path / "home" / path
    file.parent.mkdir(parents=True)
    server = {"command": "sparkq", "args": ["mcp", "--project", str(healthy.config.root)]}
    file.write_text(json.dumps({"mcpServers": {"sparkq-shop": server}}))

    assert examined(healthy.config.root, tmp_path / "home")["MCP clients"].message == f"Claude Code (.mcp.json), {name}"


def desktop(home: Path, servers: dict[str, object]) -> None:
    """Claude Desktop's configuration."""
    file = home / ".config/Claude/claude_desktop_config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"mcpServers": servers}))


def test_what_a_client_has_of_another_project_is_named_and_does_not_count(healthy: SparkQ, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    desktop(tmp_path / "home", {"sparkq": {"command": "sparkq", "args": ["mcp", "--project", str(other)]}})

    finding = examined(healthy.config.root, tmp_path / "home")["MCP clients"]
    assert finding.state == OK
    assert finding.message == f"Claude Code (.mcp.json); 'sparkq' of Claude Desktop (Linux) is for {other}"

    (healthy.config.root / ".mcp.json").unlink()
    finding = examined(healthy.config.root, tmp_path / "home")["MCP clients"]
    assert (finding.state, finding.fix) == (WARNING, "sparkq connect claude-code")
    assert finding.message == f"no client has this project; 'sparkq' of Claude Desktop (Linux) is for {other}"


@pytest.mark.parametrize("gone", ["command", "project"])
def test_what_a_client_cannot_start_is_a_warning(healthy: SparkQ, tmp_path: Path, gone: str) -> None:
    missing = str(tmp_path / "gone")
    command, folder = (missing, str(healthy.config.root)) if gone == "command" else ("sparkq", missing)
    desktop(tmp_path / "home", {"sparkq": {"command": command, "args": ["mcp", "--project", folder]}})

    finding = examined(healthy.config.root, tmp_path / "home")["MCP clients"]

    assert finding.state == WARNING
    assert f"'sparkq' of Claude Desktop (Linux) names {missing}, which no longer exists" in finding.message
    assert "sparkq connect" in finding.fix


@pytest.mark.parametrize("text", ["[]", '{"mcpServers": [1]}', '{"mcpServers": {"sparkq": 1, "x": {"args": 5}}}'])
def test_servers_that_are_none_are_passed_over(healthy: SparkQ, text: str) -> None:
    (healthy.config.root / ".mcp.json").write_text(text)

    assert examined(healthy.config.root)["MCP clients"].message == "no client has this project"
