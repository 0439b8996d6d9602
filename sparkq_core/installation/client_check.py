"""The doctor's check of the configuration files of MCP clients."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config import location
from sparkq_core.errors import SparkQError
from sparkq_core.installation import allowance, approval, jsonc, mcp_clients, plugin_check
from sparkq_core.installation.findings import OK, WARNING, Finding, Patient

CHECK = "MCP clients"
TO_OTHERS = "Remove it from the client's configuration, or connect again: sparkq connect CLIENT"


def clients(patient: Patient) -> Finding:
    """Look for this project in the configuration files of Claude Code, Codex and others, and for its plugin."""
    broken: list[str] = []
    found = [_Found(client, server) for client in _known(patient) for server in _readable(client, patient, broken)]
    if broken:
        return Finding(CHECK, WARNING, f"not JSON: {', '.join(broken)}", "Correct the file: its client ignores it now.")
    ours = list(dict.fromkeys(each.client.name for each in found if _serves(each, patient)))
    if plugin_check.is_enabled(_folder(patient), patient.env):
        ours.append("the plugin of Claude Code")
    others = [said for each in found if (said := _of_another(each, patient)) and each.client.at_home]
    for trouble in _troubles(found, ours, patient):
        return Finding(CHECK, WARNING, "; ".join([*trouble.known, trouble.message, *others]), trouble.fix)
    if not ours:
        message = "; ".join(["no client has this project", *others])
        return Finding(CHECK, WARNING, message, "sparkq connect claude-code")
    return Finding(CHECK, OK, "; ".join([", ".join(ours), *_asking(found, patient), *others]))


class _Client(NamedTuple):
    """A client's file. The servers in a file that is not `at_home` start in the project and need not name it."""

    name: str
    connect: str
    file: Path
    key: str
    at_home: bool
    plain: bool


class _Found(NamedTuple):
    """A server of SparkQ in a client's file."""

    client: _Client
    server: mcp_clients.Entry


class _Trouble(NamedTuple):
    """What is wrong with a client, after those that are `known` to serve; and what to do."""

    known: list[str]
    message: str
    fix: str


def _troubles(found: list[_Found], ours: list[str], patient: Patient) -> Iterator[_Trouble]:
    """Yield what is wrong, the most important first."""
    dead = [
        f"{each.server.name!r} of {each.client.name} names {missing}"
        for each in found
        if (missing := _missing(each, patient)) is not None
    ]
    if dead:
        yield _Trouble(ours, "; ".join(dead), TO_OTHERS)
    for each in found:
        other = _of_another(each, patient)
        if other is not None and not each.client.at_home:
            message = f"{other}: chats here work the queues there"
            yield _Trouble(_joined(ours), message, f"sparkq connect {each.client.connect}")
    refusal = _unapproved(found, patient)
    if refusal is not None:
        yield _Trouble(_joined(ours), refusal.message, refusal.fix)
    if any("plugin" in name for name in ours) and any(name.startswith("Claude Code") for name in ours):
        yield _Trouble(_joined(ours), "Claude Code has SparkQ twice, as two sets of tools", plugin_check.ONE)


def _joined(ours: list[str]) -> list[str]:
    return [", ".join(ours)] if ours else []


def _asking(found: list[_Found], patient: Patient) -> Iterator[str]:
    """Yield that Claude Code asks before each tool, where its own settings for this folder are not what connect writes."""
    names = {each.client.name for each in found if _serves(each, patient)}
    knows_home = bool(patient.env.get("HOME"))
    if knows_home and any(name.startswith("Claude Code") for name in names) and not _is_allowed(patient):
        yield "Claude Code asks before each tool (sparkq connect claude-code --allow ends that)"


def _is_allowed(patient: Patient) -> bool:
    """True if a permission for all tools of the server is in the settings of Claude Code, yours or the project's."""
    home = patient.env.get("CLAUDE_CONFIG_DIR") or f"{patient.env.get('HOME') or '/nonexistent'}/.claude"
    folder = _folder(patient) / ".claude"
    files = (Path(home) / "settings.json", folder / "settings.json", folder / "settings.local.json")
    return any(allowance.allows(file) for file in files)


def _unapproved(found: list[_Found], patient: Patient) -> approval.Refusal | None:
    """Return why Claude Code does not start this project's server of .mcp.json. None if it does, or has it elsewhere too."""
    served = [each for each in found if each.client.name.startswith("Claude Code") and _serves(each, patient)]
    if not served or any(each.client.file.name != mcp_clients.CLIENTS["claude-code"].path for each in served):
        return None  # the servers of your own files need no approval
    return approval.missing([each.server.name for each in served], _folder(patient), patient.env, patient.config.root)


def _folder(patient: Patient) -> Path:
    """Return the folder in which clients look for the files of the project, also in a linked work tree."""
    try:
        return mcp_clients.folder(patient.config, location.here(), patient.env)
    except SparkQError:
        return patient.config.root


def _known(patient: Patient) -> tuple[_Client, ...]:
    """Return the client files that exist."""
    folder, home = _folder(patient), Path(patient.env.get("HOME") or "/nonexistent")
    known = [
        _Client(
            f"{client.client} ({client.path})" if name == "claude-code" else client.client,
            name,
            mcp_clients.place(name, folder, patient.env),
            client.key,
            client.at_home,
            client.plain,
        )
        for name, client in mcp_clients.CLIENTS.items()
        if name != "claude-desktop"
    ]
    at_home = [
        _Client("Claude Code (~/.claude.json)", "claude-code", home / ".claude.json", "mcpServers", False, True),
        _Client("Claude Desktop", "claude-desktop", home / mcp_clients.DESKTOP["darwin"], "mcpServers", True, True),
        _Client(
            "Claude Desktop (Linux)", "claude-desktop", home / mcp_clients.DESKTOP["linux"], "mcpServers", True, True
        ),
    ]
    return tuple(client for client in (*known, *at_home) if os.path.isfile(client.file))  # noqa: PTH113  # Path.is_file may raise


def _readable(client: _Client, patient: Patient, broken: list[str]) -> tuple[mcp_clients.Entry, ...]:
    """Return SparkQ's servers in a client's file; a file that the client cannot read is added to `broken`."""
    try:
        return _servers(client, patient.config.root)
    except (OSError, ValueError, RecursionError):
        broken.append(str(client.file))
        return ()


def _servers(client: _Client, root: Path) -> tuple[mcp_clients.Entry, ...]:
    """Return SparkQ's servers in a client's file, with those that Claude Code keeps for this project.

    Raises ValueError.
    """
    text = client.file.read_text(encoding="utf-8")
    present = json.loads(text.removeprefix(jsonc.BOM)) if client.plain else mcp_clients.loads(text, client.file)
    if not isinstance(present, dict):
        return ()
    projects = present.get("projects")
    own = projects.get(str(root)) if isinstance(projects, dict) else None
    more = mcp_clients.entries(own.get(client.key)) if isinstance(own, dict) else ()
    return (*mcp_clients.entries(present.get(client.key)), *more)


def _serves(found: _Found, patient: Patient) -> bool:
    """True if a server is this project's, and can start."""
    if _missing(found, patient) is not None:
        return False
    project = found.server.project
    return not found.client.at_home if project is None else mcp_clients.same(project, patient.config.root)


def _of_another(found: _Found, patient: Patient) -> str | None:
    """Return what to say of a server of another project."""
    project = found.server.project
    if project is None or mcp_clients.same(project, patient.config.root) or _missing(found, patient) is not None:
        return None
    return f"{found.server.name!r} of {found.client.name} is for {project}"


def _missing(found: _Found, patient: Patient) -> str | None:
    """Return the program or the project that a server names if it is not there."""
    command, project = Path(found.server.command), found.server.project
    if command.is_absolute() and not command.exists():
        return f"{command}, which no longer exists"
    path = patient.env.get("PATH")
    is_word = len(command.parts) == 1 and not found.client.at_home and path is not None
    if is_word and shutil.which(str(command), path=path) is None:
        return f"{command}, which is not on the PATH"
    return f"{project}, which no longer exists" if project is not None and not project.is_dir() else None
