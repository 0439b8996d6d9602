"""Where the clients keep what they know, for the tests of what tells them and of what makes them forget."""

import json
from pathlib import Path
from typing import Any

from tests.harness.shell import SPARKQ, Shell

FILES = {
    "claude-code": (".mcp.json", "mcpServers"),
    "cursor": (".cursor/mcp.json", "mcpServers"),
    "vscode": (".vscode/mcp.json", "servers"),
}


def file_of(shell: Shell, client: str) -> tuple[Path, str]:
    """Where the client's configuration stands, and under which key it lists servers."""
    if client == "claude-desktop":
        return shell.home / ".config/Claude/claude_desktop_config.json", "mcpServers"
    name, key = FILES[client]
    return shell.folder / name, key


def entry(shell: Shell) -> dict[str, Any]:
    """How a client starts the server of the shell's project."""
    return {"command": str(SPARKQ), "args": ["mcp", "--project", str(shell.folder)]}


def connected(shell: Shell, client: str) -> Path:
    """The client's configuration as `sparkq connect` leaves it, which starts a server first: a second that only its own
    tests need."""
    file, key = file_of(shell, client)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({key: {"sparkq": entry(shell)}}, indent=2) + "\n")
    return file
