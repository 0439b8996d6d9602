"""Where MCP clients keep the servers of a project: which file, under which key."""

import json
from pathlib import Path
from typing import Any, NamedTuple


class ClientFile(NamedTuple):
    """An MCP client's configuration file inside a project, and the key of its servers."""

    client: str
    path: str
    key: str = "mcpServers"


IN_PROJECT = {
    "claude-code": ClientFile("Claude Code", ".mcp.json"),
    "cursor": ClientFile("Cursor", ".cursor/mcp.json"),
    "vscode": ClientFile("VS Code", ".vscode/mcp.json", "servers"),
}
DESKTOP = {
    "darwin": "Library/Application Support/Claude/claude_desktop_config.json",
    "linux": ".config/Claude/claude_desktop_config.json",
}
"""Where Claude Desktop keeps its servers below the home folder, by sys.platform."""
NAME = "sparkq"
"""What the server is called there."""
KEPT = ".before-sparkq"
"""How the copy of what was there before is called, behind the name of its file."""


def arguments(root: Path) -> list[str]:
    """What `sparkq connect` has a client start `sparkq` with for the project at `root`."""
    return ["mcp", "--project", str(root.resolve())]


def without(text: str, file: ClientFile, root: Path) -> str | None:
    """A client's configuration without the server that `sparkq connect` put there; empty when nothing else was in it.

    None when there is no such server, or the text is not what a client would read.
    """
    try:
        present: Any = json.loads(text)
        server = present[file.key][NAME]
        ours = server["args"][-3:] == arguments(root)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not ours:
        return None
    servers = {name: one for name, one in present[file.key].items() if name != NAME}
    rest = {name: one for name, one in present.items() if name != file.key}
    if not servers and not rest:
        return ""
    return json.dumps(rest | {file.key: servers}, indent=2, ensure_ascii=False) + "\n"
