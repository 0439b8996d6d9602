"""What the doctor says of MCP clients: which of them start the server of this project."""

import json
from pathlib import Path

import pytest

from sparkq_core.installation.findings import OK, WARNING
from sparkq_core.project import SparkQ
from tests.core.examination import examined
from tests.promises import holds


def settings(file: Path, **values: object) -> None:
    """Write a settings file of Claude Code."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


def approve(home: Path) -> None:
    """Claude Code may start the server in every project."""
    allowed = {"allow": ["mcp__sparkq"]}
    settings(home / ".claude/settings.json", enabledMcpjsonServers=["sparkq"], permissions=allowed)


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
    approve(tmp_path / "home")
    file = tmp_path / "home" / path
    file.parent.mkdir(parents=True, exist_ok=True)
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
    approve(tmp_path / "home")
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


NOT_YET = "Claude Code (.mcp.json); Claude Code has not approved this server yet"


@holds("doctor-approval")
def test_a_server_that_you_have_not_approved_is_a_warning(healthy: SparkQ, tmp_path: Path) -> None:
    finding = examined(healthy.config.root, tmp_path)["MCP clients"]

    assert (finding.state, finding.message) == (WARNING, NOT_YET)
    assert (
        finding.fix
        == "Start claude in this folder, and answer its question about the server with yes: Enter goes on without it."
    )


ENABLES = [{"enabledMcpjsonServers": ["other", "sparkq"]}, {"enableAllProjectMcpServers": True}]


@holds("doctor-approval")
@pytest.mark.parametrize("values", ENABLES)
def test_your_own_settings_approve_it(healthy: SparkQ, tmp_path: Path, values: dict[str, object]) -> None:
    settings(tmp_path / ".claude/settings.json", **values)

    assert examined(healthy.config.root, tmp_path)["MCP clients"].state == OK


@holds("doctor-approval")
@pytest.mark.parametrize("values", ENABLES)
@pytest.mark.parametrize("place", ["settings.json", "settings.local.json", ".claude.json"])
def test_the_projects_settings_approve_it_once_you_trust_the_folder(
    healthy: SparkQ, tmp_path: Path, values: dict[str, object], place: str
) -> None:
    root = healthy.config.root
    known: dict[str, object] = values if place == ".claude.json" else {}
    if not known:
        settings(root / ".claude" / place, **values)
    for trusted, state in ((False, WARNING), (True, OK)):
        settings(tmp_path / ".claude.json", projects={str(root): known | {"hasTrustDialogAccepted": trusted}})

        assert examined(root, tmp_path)["MCP clients"].state == state


@holds("doctor-approval")
def test_a_server_that_is_disabled_anywhere_stays_disabled(healthy: SparkQ, tmp_path: Path) -> None:
    approve(tmp_path)
    file = healthy.config.root / ".claude/settings.local.json"
    settings(file, disabledMcpjsonServers=["sparkq"])

    finding = examined(healthy.config.root, tmp_path)["MCP clients"]

    assert (finding.state, str(file) in finding.message) == (WARNING, True)
    assert finding.fix == "Remove it there, or enable it in Claude Code: /mcp"


@holds("doctor-approval")
@pytest.mark.parametrize("scope", ["user", "local"])
def test_a_server_of_your_own_claude_configuration_needs_no_approval(
    healthy: SparkQ, tmp_path: Path, scope: str
) -> None:
    servers = {"mcpServers": {"sparkq": {"command": "sparkq", "args": ["mcp"]}}}
    root = str(healthy.config.root)
    settings(tmp_path / ".claude.json", **(servers if scope == "user" else {"projects": {root: servers}}))

    assert examined(healthy.config.root, tmp_path)["MCP clients"].state == OK


@pytest.mark.parametrize("text", ["[]", "{", '{"enabledMcpjsonServers": 1}', '{"projects": [1]}'])
def test_settings_of_claude_code_that_are_not_what_they_should_be_approve_nothing(
    healthy: SparkQ, tmp_path: Path, text: str
) -> None:
    file = tmp_path / ".claude/settings.json"
    file.parent.mkdir()
    file.write_text(text)

    assert examined(healthy.config.root, tmp_path)["MCP clients"].message == NOT_YET
