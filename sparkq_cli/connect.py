"""Add SparkQ to the configuration of an MCP client, keep a copy of the old one, and check that the server starts."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core import lock
from sparkq_core.config import writing
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig, InvalidValue, SparkQError, StorageError
from sparkq_core.installation import mcp_clients
from sparkq_core.text import nearest

CHECK_SECONDS = 30
BY_HAND = "Use --print and copy it by hand."
REQUESTS = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "sparkq-connect", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
)


class Client(NamedTuple):
    """An MCP client: the path of its configuration, and the key under which it lists its servers.

    `shared`: the file is the person's own, with the servers of several projects.
    """

    name: str
    file: Path
    key: str = "mcpServers"
    shared: bool = False


class CheckFailed(SparkQError):
    """The configured command did not answer as an MCP server."""

    code = "check_failed"


def client(name: str, config: Config, home: Path) -> Client:
    """Return the client called `name`. Raises InvalidValue."""
    desktop = home / mcp_clients.DESKTOP["darwin" if sys.platform == "darwin" else "linux"]
    clients = {
        name: Client(known.client, config.root / known.path, known.key)
        for name, known in mcp_clients.IN_PROJECT.items()
    }
    clients["claude-desktop"] = Client("Claude Desktop", desktop, shared=True)
    if name not in clients:
        raise InvalidValue(f"Unknown client {name!r}.", nearest(name, clients))
    return clients[name]


def server_entry(config: Config) -> dict[str, Any]:
    """Return the entry that starts this project's server. Its paths are absolute: clients start it in any folder."""
    installed = shutil.which("sparkq", path=str(Path(sys.executable).parent))
    command = [installed] if installed else [sys.executable, "-P", "-m", "sparkq_cli.main"]
    return {"command": command[0], "args": [*command[1:], *mcp_clients.arguments(config.root)]}


def connected(name: str, config: Config, home: Path) -> bool:
    """True if the client called `name` has this project's server. Raises InvalidValue."""
    target = client(name, config, home)
    try:
        servers = json.loads(target.file.read_text(encoding="utf-8"))[target.key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    return any(
        not target.shared if entry.project is None else mcp_clients.same(entry.project, config.root)
        for entry in mcp_clients.entries(servers)
    )


class Merged(NamedTuple):
    """The configuration of a client with SparkQ in it: its text, and the name of the project's server there."""

    text: str
    name: str


def merged(target: Client, server: dict[str, Any], config: Config) -> Merged:
    """Return the client's configuration with SparkQ added and everything else as it was. Raises InvalidConfig.

    In a file that several projects share, the server of another existing project is kept.
    """
    present: Any = {}
    if target.file.is_file():
        try:
            present = json.loads(target.file.read_text(encoding="utf-8") or "{}")
        except (OSError, ValueError) as error:
            raise InvalidConfig(
                f"{target.file} is not JSON: {error}.", "Fix it first; it has not been changed."
            ) from error
    servers = present.get(target.key, {}) if isinstance(present, dict) else None
    if not isinstance(present, dict) or not isinstance(servers, dict):
        raise InvalidConfig(
            f"{target.file} is not a valid configuration of {target.name}.", "Fix it first; it has not been changed."
        )
    name = mcp_clients.free_name(servers, config.root, config.name) if target.shared else mcp_clients.NAME
    text = json.dumps(present | {target.key: servers | {name: server}}, indent=2, ensure_ascii=False) + "\n"
    return Merged(text, name)


class Written(NamedTuple):
    """What `connect` did: the number of tools of the server, its name in the file, and the copy of the old file."""

    tools: int
    name: str
    kept: Path | None


def connect(target: Client, config: Config) -> Written:
    """Check that the server starts, and write it into the client's configuration.

    The file is read after the check, and locked from reading to writing, so that no other change is lost. Raises
    InvalidConfig, CheckFailed, StorageError.
    """
    server = server_entry(config)
    merged(target, server, config)  # what cannot be merged is refused before the server is started
    tools = check(server)
    try:
        target.file.parent.mkdir(parents=True, exist_ok=True)
        with lock.folder(target.file.parent):
            text, name = merged(target, server, config)
            return Written(tools, name, _write(target.file, text))
    except OSError as error:
        raise StorageError(f"{target.file} cannot be written: {error.strerror}.", BY_HAND) from error
    except StorageError as error:
        raise StorageError(error.message, BY_HAND) from error


def _write(file: Path, text: str) -> Path | None:
    """Write the configuration. Return the copy of the old file, if that was different."""
    kept = None
    if file.exists():
        if file.read_text(encoding="utf-8") == text:
            return None
        kept = _free(file)
        shutil.copy2(file, kept)
    writing.replace(file, text)
    return kept


def _free(file: Path) -> Path:
    number = 1
    while (kept := file.with_name(f"{file.name}{mcp_clients.KEPT}{'' if number == 1 else f'-{number}'}")).exists():
        number += 1
    return kept


def check(server: dict[str, Any]) -> int:
    """Start the configured command in a bare environment and count its tools. Raises CheckFailed with its output."""
    lines = "".join(json.dumps(request) + "\n" for request in REQUESTS)
    try:
        done = subprocess.run(
            [server["command"], *server["args"]],
            input=lines,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "HOME": "/"},
            capture_output=True,
            text=True,
            timeout=CHECK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CheckFailed(
            f"{server['command']} does not start: {error}.", "Reinstall SparkQ where it stays, then connect again."
        ) from error
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        if answer.get("id") == 2 and "result" in answer:
            return len(answer["result"]["tools"])
    raise CheckFailed(
        "The configured command does not list its tools.", (done.stderr.strip() or "It said nothing.")[-400:]
    )
