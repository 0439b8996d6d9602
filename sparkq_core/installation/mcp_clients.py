"""The MCP clients: where each keeps its servers, and how an entry of SparkQ is written and recognised there."""

import re
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core.config import location
from sparkq_core.config.settings import Config
from sparkq_core.installation import jsonc, toml_text


class ClientFile(NamedTuple):
    """The configuration file of an MCP client and the key of its servers; `path` is in the project, or in your home folder.

    `plain`: the client reads neither comments nor trailing commas. `folder` is its word for the folder that is open, which
    the entry names if the client does not start the server there. `more` is what the entry has besides the command, and
    `allowing` what lets the tools be used without a question.
    """

    client: str
    path: str
    key: str = "mcpServers"
    at_home: bool = False
    plain: bool = False
    folder: str = ""
    more: Mapping[str, Any] = {}
    allowing: Mapping[str, Any] = {}


DESKTOP = {
    "darwin": "Library/Application Support/Claude/claude_desktop_config.json",
    "linux": ".config/Claude/claude_desktop_config.json",
}
"""The file of Claude Desktop with its servers, relative to the home folder, by sys.platform."""

CLIENTS = {
    # Without alwaysLoad a headless chat begins before the server is there, and the tools are behind a search.
    "claude-code": ClientFile("Claude Code", ".mcp.json", plain=True, more={"alwaysLoad": True}),
    "claude-desktop": ClientFile(
        "Claude Desktop", DESKTOP["darwin" if sys.platform == "darwin" else "linux"], at_home=True, plain=True
    ),
    # Without required Codex sends its first request before the server has answered.
    "codex": ClientFile("Codex", ".codex/config.toml", "mcp_servers", at_home=True, more={"required": True}),
    "cursor": ClientFile("Cursor", ".cursor/mcp.json", folder="${workspaceFolder}"),
    "gemini": ClientFile("Gemini CLI", ".gemini/settings.json", allowing={"trust": True}),
    "opencode": ClientFile("opencode", "opencode.json", "mcp", more={"enabled": True}),
    "vscode": ClientFile("VS Code", ".vscode/mcp.json", "servers", folder="${workspaceFolder}"),
}
IN_PROJECT = {name: client for name, client in CLIENTS.items() if not client.at_home}

NAME = "sparkq"
"""The name of the server in these files. If several projects share a file, the later ones are `sparkq-NAME`."""
COMMANDS = ("sparkq", "sparkq.sh", "sparkq.exe", "sparkq_cli.main")
SERVERS = ("sparkq-mcp", "sparkq-mcp.exe", "sparkq_mcp.transport.stdio")
"""The programs in a client's configuration that start the MCP server without the word `mcp`; COMMANDS need it."""

KEPT = ".before-sparkq"
"""The suffix of the copy of a client's file from before `sparkq connect`."""


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
        command, given = server.get("command", ""), server.get("args")
        words = [str(word) for word in command] if isinstance(command, list) else [str(command)]
        words += [str(word) for word in given] if isinstance(given, list) else []
        if name == NAME or any(_starts_it(*pair) for pair in pairwise([*words, ""])):
            listed.append(Entry(str(name), words[0] if words else "", _project(words)))
    return tuple(listed)


def _starts_it(word: str, following: str) -> bool:
    """True if a word of a command and the following word start the server."""
    name = Path(word).name
    return name in SERVERS or (name in COMMANDS and following == "mcp")


def _project(words: list[str]) -> Path | None:
    """Return the folder in `--project`; None for the one where the server starts, or a client's word for what is open."""
    for word, following in pairwise([*words, ""]):
        if word == "--project" and following:
            return None if following == "." or following.startswith("$") else Path(following)
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


def folder(config: Config, here: Path, env: Mapping[str, str]) -> Path:
    """Return the folder in which clients look for the project's files: in a linked work tree its own, else the root."""
    git = location.repository(here.resolve(), env)
    if git is None or not git.linked or not config.root.is_relative_to(git.main):
        return config.root
    return git.top / config.root.relative_to(git.main)


def written(client: ClientFile, command: list[str], project: Path | None, *, allow: bool) -> dict[str, Any]:
    """Return the entry that starts the server by `command`, for the folder `project` or the one that is open."""
    named = client.folder if project is None else str(project.resolve())
    words = [*command, "mcp", *(["--project", named] if named else [])]
    how: dict[str, Any] = {"command": words[0], "args": words[1:]}
    if client.key == "mcp":
        how = {"type": "local", "command": words}
    return how | dict(client.more) | (dict(client.allowing) if allow else {})


def is_toml(file: Path) -> bool:
    """True if the configuration is TOML, and not JSON."""
    return file.suffix == ".toml"


def loads(text: str, file: Path) -> Any:
    """Return the value of a client's configuration. Raises ValueError."""
    return toml_text.loads(text) if is_toml(file) else jsonc.loads(text)


def with_server(text: str, file: Path, keys: tuple[str, ...], server: dict[str, Any]) -> str:
    """Return a client's configuration with the server at `keys`, and everything else as it was. Raises ValueError."""
    if is_toml(file):
        return toml_text.with_table(text, keys, server)
    return jsonc.with_member(text, keys, server)


def without(text: str, file: Path, keys: tuple[str, ...]) -> str:
    """Return a client's configuration without the member at `keys`. Raises ValueError."""
    if is_toml(file):
        return toml_text.without_table(text, keys)
    return jsonc.without_member(text, keys)


def missing_on(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the members on the way of `keys` that `value` does not have, the outermost first."""
    for depth, key in enumerate(keys):
        if not isinstance(value, dict) or key not in value:
            yield from (keys[: end + 1] for end in range(depth, len(keys)))
            return
        value = value[key]


def place(name: str, folder: Path, env: Mapping[str, str]) -> Path:
    """Return the file of the client called `name` that is started in `folder`."""
    client = CLIENTS[name]
    if name == "codex" and env.get("CODEX_HOME"):
        return Path(env["CODEX_HOME"]) / Path(client.path).name
    if name == "opencode" and (folder / f"{client.path}c").is_file():
        return folder / f"{client.path}c"
    return (Path(env.get("HOME") or "/nonexistent") if client.at_home else folder) / client.path
