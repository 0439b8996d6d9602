"""The files in which MCP clients keep the servers of a project, and the keys in them."""

import json
import re
from collections.abc import Mapping
from itertools import pairwise
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
"""The file of Claude Desktop with its servers, relative to the home folder, by sys.platform."""
NAME = "sparkq"
"""The name of the server in these files. If several projects share a file, the later ones are `sparkq-NAME`."""
COMMANDS = ("sparkq", "sparkq.sh", "sparkq.exe", "sparkq_cli.main")
SERVERS = ("sparkq-mcp", "sparkq-mcp.exe", "sparkq_mcp.transport.stdio")
"""The programs in a client's configuration that start the MCP server without the word `mcp`; COMMANDS need it."""

KEPT = ".before-sparkq"
"""The suffix of the copy of a client's file from before `sparkq connect`."""


def arguments(root: Path) -> list[str]:
    """Return the arguments of `sparkq` that `sparkq connect` writes for the project at `root`."""
    return ["mcp", "--project", str(root.resolve())]


class Entry(NamedTuple):
    """A server of SparkQ among those of a client; `project` is the folder that it names, if it names one."""

    name: str
    command: str
    project: Path | None = None


def entries(servers: Any) -> tuple[Entry, ...]:
    """Return the servers that start SparkQ among `servers`, the value of the key in a client's configuration."""
    listed = []
    for name, server in servers.items() if isinstance(servers, dict) else ():
        if not isinstance(server, dict):
            continue
        command, given = str(server.get("command", "")), server.get("args")
        words = [command, *(str(word) for word in given)] if isinstance(given, list) else [command]
        if name == NAME or any(_starts_it(*pair) for pair in pairwise([*words, ""])):
            listed.append(Entry(str(name), command, _project(words)))
    return tuple(listed)


def _starts_it(word: str, following: str) -> bool:
    """True if a word of a command and the following word start the server."""
    name = Path(word).name
    return name in SERVERS or (name in COMMANDS and following == "mcp")


def _project(words: list[str]) -> Path | None:
    """Return the folder in `--project`."""
    for word, following in pairwise([*words, ""]):
        if word == "--project" and following:
            return Path(following)
        if word.startswith("--project="):
            return Path(word.removeprefix("--project="))
    return None


def free_name(servers: Any, root: Path, project: str) -> str:
    """Choose the name of the project at `root`, called `project`, among the `servers` of several projects.

    It is the project's present name there; else `sparkq`, or `sparkq-PROJECT` if another existing project has that name.
    """
    known = {entry.name: entry.project for entry in entries(servers)}
    present = next((name for name, folder in known.items() if folder is not None and same(folder, root)), None)
    if present is not None:
        return present
    own = f"{NAME}-{re.sub('[^A-Za-z0-9_-]+', '-', project).strip('-') or 'project'}"[:50]
    candidates = (NAME, own, *(f"{own}-{number}" for number in range(2, len(servers) + 3)))
    return next(name for name in candidates if not _taken(name, servers, known))


def _taken(name: str, servers: Any, known: Mapping[str, Path | None]) -> bool:
    """True if `name` belongs to another existing project, or to another program."""
    folder = known.get(name)
    return name in servers and (name not in known or (folder is not None and folder.is_dir()))


def same(path: Path, other: Path) -> bool:
    """True if two paths lead to the same folder."""
    return path == other or path.resolve() == other.resolve()


def without(text: str, file: ClientFile, root: Path) -> str | None:
    """Return a client's configuration without the server of `root`; empty if nothing else was in it.

    None if there is no such server, or if a client could not read the text.
    """
    try:
        present: Any = json.loads(text)
        listed = present[file.key]
        ours = {entry.name for entry in entries(listed) if listed[entry.name].get("args", [])[-3:] == arguments(root)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not ours:
        return None
    servers = {name: server for name, server in listed.items() if name not in ours}
    rest = {name: value for name, value in present.items() if name != file.key}
    if not servers and not rest:
        return ""
    return json.dumps(rest | {file.key: servers}, indent=2, ensure_ascii=False) + "\n"
