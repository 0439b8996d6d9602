"""What lets Claude Code use the server and its tools without asking: two entries of its settings for you in this folder."""

from pathlib import Path
from typing import Any

from sparkq_core.installation import jsonc, mcp_clients
from sparkq_core.installation.connections import Added

SETTINGS = ".claude/settings.local.json"
"""The file with your own settings of Claude Code for a folder."""

TOOLS = f"mcp__{mcp_clients.NAME}"
"""How a permission of Claude Code names all tools of the server."""

NEEDED = ((("permissions", "allow"), TOOLS), (("enabledMcpjsonServers",), mcp_clients.NAME))


def allowing(text: str) -> tuple[str, tuple[Added, ...]]:
    """Return the settings with what is needed, and what was added. Raises ValueError."""
    settings = _plain(text)
    added: list[Added] = []
    for keys, item in NEEDED:
        present = _at(settings, keys)
        if isinstance(present, list) and item in present:
            continue
        text = jsonc.with_item(text, keys, item)
        added += [Added(way) for way in mcp_clients.missing_on(settings, keys)]
        added.append(Added(keys, item))
    return text, tuple(added)


def is_given(folder: Path) -> bool:
    """True if the settings of a folder have what is needed, and nothing there refuses it."""
    settings = read(folder)
    return not refusals(folder) and all(
        isinstance(present := _at(settings, keys), list) and item in present for keys, item in NEEDED
    )


def allows(file: Path) -> bool:
    """True if a settings file of Claude Code has the permission for all tools of the server."""
    try:
        present = _at(_plain(file.read_text(encoding="utf-8")), NEEDED[0][0])
    except (OSError, ValueError):
        return False
    return isinstance(present, list) and TOOLS in present


def refusals(folder: Path) -> tuple[str, ...]:
    """Return the settings of a folder that override the allowance: the server disabled, or its tools denied."""
    overriding = ((("disabledMcpjsonServers",), mcp_clients.NAME), (("permissions", "deny"), TOOLS))
    settings = read(folder)
    return tuple(
        ".".join(keys)
        for keys, item in overriding
        if isinstance(present := _at(settings, keys), list) and item in present
    )


def read(folder: Path) -> dict[str, Any]:
    """Return your settings of a folder; empty if there are none that the client can read."""
    try:
        return _plain((folder / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _plain(text: str) -> dict[str, Any]:
    """Return the settings of a text. Raises ValueError where Claude Code reads none: for a comment it ignores the file."""
    value = jsonc.loads(text)
    if not jsonc.is_plain(text):
        raise ValueError("Claude Code reads neither comments nor trailing commas in it")
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    return value


def _at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
