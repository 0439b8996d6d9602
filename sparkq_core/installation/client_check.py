"""The doctor's check of the configuration files of MCP clients."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from sparkq_core.installation import approval, mcp_clients
from sparkq_core.installation.findings import OK, WARNING, Finding, Patient


def clients(patient: Patient) -> Finding:
    """Look for this project in the configuration files of Claude Code, Claude Desktop and others."""
    broken, dead, ours, others = [], [], [], []
    for client in _known(patient):
        try:
            servers = _servers(client, patient.config.root)
        except (OSError, ValueError, RecursionError):
            broken.append(str(client.file))
            continue
        ours += [client.name for server in servers if _serves(server, client, patient.config.root)]
        for server in servers:
            missing = _missing(server)
            if missing is not None:
                dead.append(f"{server.name!r} of {client.name} names {missing}, which no longer exists")
            elif server.project is not None and not mcp_clients.same(server.project, patient.config.root):
                others.append(f"{server.name!r} of {client.name} is for {server.project}")
    if broken:
        return Finding(
            "MCP clients", WARNING, f"not JSON: {', '.join(broken)}", "Correct the file: its client ignores it now."
        )
    ours = list(dict.fromkeys(ours))
    refusal = _unapproved(patient)
    if ours and not dead and refusal is not None:
        return Finding("MCP clients", WARNING, "; ".join([", ".join(ours), refusal.message, *others]), refusal.fix)
    if dead:
        return Finding(
            "MCP clients",
            WARNING,
            "; ".join([*ours, *dead]),
            "Remove it from the client's configuration, or connect again: sparkq connect CLIENT",
        )
    if not ours:
        return Finding(
            "MCP clients", WARNING, "; ".join(["no client has this project", *others]), "sparkq connect claude-code"
        )
    return Finding("MCP clients", OK, "; ".join([", ".join(ours), *others]))


def _unapproved(patient: Patient) -> approval.Refusal | None:
    """Return why Claude Code does not start this project's server of .mcp.json. None if it does, or has it elsewhere too."""
    root = patient.config.root
    names = []
    for client in _known(patient):
        if not client.name.startswith("Claude Code"):
            continue
        try:
            served = [server.name for server in _servers(client, root) if _serves(server, client, root)]
        except (OSError, ValueError, RecursionError):
            continue
        if served and client.file.parent != root:
            return None  # the servers of your own files need no approval
        names += served
    return approval.missing(names, root, patient.env) if names else None


class _Client(NamedTuple):
    """A client's file. With `here`, the servers in it start in the project and need not name it."""

    name: str
    file: Path
    key: str
    here: bool


def _known(patient: Patient) -> tuple[_Client, ...]:
    """Return the client files that exist."""
    home = Path(patient.env.get("HOME") or "/nonexistent")
    inside = [
        _Client(
            f"{file.client} ({file.path})" if file.client == "Claude Code" else file.client,
            patient.config.root / file.path,
            file.key,
            here=True,
        )
        for file in mcp_clients.IN_PROJECT.values()
    ]
    at_home = [
        _Client("Claude Code (~/.claude.json)", home / ".claude.json", "mcpServers", here=True),
        _Client("Claude Desktop", home / mcp_clients.DESKTOP["darwin"], "mcpServers", here=False),
        _Client("Claude Desktop (Linux)", home / mcp_clients.DESKTOP["linux"], "mcpServers", here=False),
    ]
    return tuple(client for client in (*inside, *at_home) if os.path.isfile(client.file))  # noqa: PTH113  # Path.is_file may raise


def _servers(client: _Client, root: Path) -> tuple[mcp_clients.Entry, ...]:
    """Return SparkQ's servers in a client's file, with those that Claude Code keeps for this project.

    Raises ValueError.
    """
    present = json.loads(client.file.read_text(encoding="utf-8"))
    if not isinstance(present, dict):
        return ()
    projects = present.get("projects")
    own = projects.get(str(root)) if isinstance(projects, dict) else None
    more = mcp_clients.entries(own.get(client.key)) if isinstance(own, dict) else ()
    return (*mcp_clients.entries(present.get(client.key)), *more)


def _serves(server: mcp_clients.Entry, client: _Client, root: Path) -> bool:
    """True if a server is this project's, and can start."""
    if _missing(server) is not None:
        return False
    return client.here if server.project is None else mcp_clients.same(server.project, root)


def _missing(server: mcp_clients.Entry) -> Path | None:
    """Return the program or the project that a server names if it does not exist."""
    command = Path(server.command)
    if command.is_absolute() and not command.exists():
        return command
    return server.project if server.project is not None and not server.project.is_dir() else None
