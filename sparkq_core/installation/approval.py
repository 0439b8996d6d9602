"""Tell whether Claude Code starts the server of a project's `.mcp.json`: it asks you once, and does not start it before.

Your own settings always count. Those of the project count after you have trusted its folder in Claude Code. A server that
is disabled anywhere stays disabled.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

SETTINGS = ("settings.json", "settings.local.json")


class Refusal(NamedTuple):
    """Why Claude Code does not start the server, and what to do."""

    message: str
    fix: str


def missing(names: Iterable[str], root: Path, env: Mapping[str, str], main: Path | None = None) -> Refusal | None:
    """Return why Claude Code starts none of the servers `names` of the project's .mcp.json; None if it starts one.

    `root` is where it is started, and `main` the project's root if that is a linked work tree, whose trust holds there too.
    None also where it cannot be known: without a home folder.
    """
    home = env.get("HOME")
    if not home:
        return None
    other = env.get("CLAUDE_CONFIG_DIR")
    own = _read(Path(other or home, ".claude.json"))
    projects = own.get("projects")
    places = [projects.get(str(place)) for place in (root, main)] if isinstance(projects, dict) else []
    known = next((place for place in places if isinstance(place, dict)), {})
    settings = {Path(other or Path(home, ".claude"), SETTINGS[0]): True}
    settings |= {root / ".claude" / name: known.get("hasTrustDialogAccepted") is True for name in SETTINGS}
    read = [(str(file), _read(file), counts) for file, counts in settings.items()]
    read.append(
        (f"{Path(other or home, '.claude.json')}, for this project", known, bool(known.get("hasTrustDialogAccepted")))
    )
    disabled: str | None = None
    trusts = True
    for name in names:
        where = next((file for file, has, _ in read if name in _names(has, "disabledMcpjsonServers")), None)
        if where is None and any(_enables(has, name) for _, has, counts in read if counts):
            return None
        disabled = disabled or where
        trusts = trusts and not any(_enables(has, name) for _, has, counts in read if not counts)
    if disabled is not None:
        return Refusal(
            f"Claude Code does not start it: it is among disabledMcpjsonServers in {disabled}",
            "Remove it there, or enable it in Claude Code: /mcp",
        )
    if not trusts:
        return Refusal(
            "Claude Code does not trust this folder yet",
            "Start claude in this folder, and answer its question with yes. (Headless, `claude -p` works without.)",
        )
    return Refusal(
        "Claude Code has not approved this server yet",
        "Start claude in this folder, and answer its question about the server with yes: Enter goes on without it.",
    )


def _enables(settings: Mapping[str, Any], name: str) -> bool:
    return settings.get("enableAllProjectMcpServers") is True or name in _names(settings, "enabledMcpjsonServers")


def _names(settings: Mapping[str, Any], key: str) -> list[Any]:
    value = settings.get(key)
    return value if isinstance(value, list) else []


def _read(file: Path) -> dict[str, Any]:
    """Return the JSON object of a file; empty if there is none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
