"""Tell whether Claude Code has SparkQ's plugin, which brings a server of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLUGIN = "sparkq@"
"""How the settings of Claude Code name the plugin, before its marketplace."""

ONE = "Keep one: sparkq connect claude-code --remove, or disable the plugin in Claude Code: /plugin"
"""What to do where Claude Code has the server of the plugin and that of .mcp.json."""


def is_enabled(folder: Path, env: Mapping[str, str]) -> bool:
    """True if the plugin is enabled in `folder`, or everywhere. The settings that are nearer override the others."""
    home = env.get("CLAUDE_CONFIG_DIR") or f"{env.get('HOME') or '/nonexistent'}/.claude"
    own = folder / ".claude"
    enabled = False
    for file in (Path(home) / "settings.json", own / "settings.json", own / "settings.local.json"):
        for plugin, value in _plugins(file).items():
            if plugin.startswith(PLUGIN):
                enabled = value is True
    return enabled


def _plugins(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))["enabledPlugins"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
