"""Where the clients keep what they know, for the tests of what tells them and of what makes them forget."""

import json
from pathlib import Path
from typing import Any

from sparkq_core.installation import mcp_clients
from tests.harness.shell import SPARKQ, Shell

FILES = {
    "claude-code": (".mcp.json", "mcpServers"),
    "cursor": (".cursor/mcp.json", "mcpServers"),
    "gemini": (".gemini/settings.json", "mcpServers"),
    "opencode": ("opencode.json", "mcp"),
    "vscode": (".vscode/mcp.json", "servers"),
}
AT_HOME = {
    "claude-desktop": (".config/Claude/claude_desktop_config.json", "mcpServers"),
    "codex": (".codex/config.toml", "mcp_servers"),
}


def file_of(shell: Shell, client: str) -> tuple[Path, str]:
    """Where the client's configuration is, and under which key it lists servers."""
    if client in AT_HOME:
        name, key = AT_HOME[client]
        return shell.home / name, key
    name, key = FILES[client]
    return shell.folder / name, key


def entry(shell: Shell, client: str, command: str = str(SPARKQ)) -> dict[str, Any]:
    """How `sparkq connect` writes the server of the shell's project, which is started as `command`."""
    words = ["mcp"]
    if client in AT_HOME:
        words += ["--project", str(shell.folder)]
    elif client in ("cursor", "vscode"):
        words += ["--project", "${workspaceFolder}"]
    if client == "opencode":
        return {"type": "local", "command": [command, *words], "enabled": True}
    more = {"claude-code": {"alwaysLoad": True}, "codex": {"required": True}}.get(client, {})
    return {"command": command, "args": words, **more}


def servers_in(shell: Shell, client: str) -> dict[str, Any]:
    """The servers in the client's configuration."""
    file, key = file_of(shell, client)
    value = mcp_clients.loads(file.read_text(), file)
    servers: dict[str, Any] = value[key]
    return servers


def connected(shell: Shell, client: str) -> Path:
    """The client's configuration with a server that names the project, as an earlier SparkQ wrote it or you by hand."""
    file, key = file_of(shell, client)
    file.parent.mkdir(parents=True, exist_ok=True)
    named = {"command": str(SPARKQ), "args": ["mcp", "--project", str(shell.folder)]}
    file.write_text(json.dumps({key: {"sparkq": named}}, indent=2) + "\n")
    return file
