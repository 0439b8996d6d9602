"""Connect a client: check that the server starts as the client will start it, then write it into the client's files."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core.errors import SparkQError
from sparkq_core.installation import connection
from sparkq_core.installation.connection import Target
from sparkq_core.installation.mcp_clients import Entry

CHECK_SECONDS = 30
QUESTION = "Let {client} use SparkQ's tools in this project without asking you each time?"
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


class Connected(NamedTuple):
    """What `connect` did: the number of tools of the server, its name in the file, the copy of the old file, another
    project's entry that was replaced, and the settings that let the tools be used."""

    tools: int
    name: str
    kept: Path | None
    replaced: Entry | None
    settings: Path | None


class ServerFailed(SparkQError):
    """The configured command did not answer as an MCP server."""

    code = "server_failed"


def connect(at: Target, *, allow: bool, env: Mapping[str, str]) -> Connected:
    """Check that the server starts, and write it into the client's file; for Claude Code with `allow` the permission too.

    Raises InvalidConfig, ServerFailed, AtTheKeyboard, StorageError.
    """
    if allow:
        connection.check_keyboard(env)
    server = connection.entry(at, env, allow=allow)
    connection.merged(
        at, server, connection.read(at.file)
    )  # what cannot be merged is refused before the server is started
    if allow and at.name == "claude-code":
        connection.allowable(at)
    tools = check(at, server, env)
    name, kept, replaced = connection.write(at, server)
    settings = connection.allow(at, env) if allow and at.name == "claude-code" else None
    return Connected(tools, name, kept, replaced, settings)


def check(at: Target, server: dict[str, Any], env: Mapping[str, str]) -> int:
    """Start the configured command in a bare environment and count its tools. Raises ServerFailed with its output.

    A command with paths starts anywhere. One without them starts as the client starts it: in its folder, by your PATH.
    """
    lines = "".join(json.dumps(request) + "\n" for request in REQUESTS)
    command = server["command"] if isinstance(server["command"], list) else [server["command"], *server["args"]]
    command = [str(at.folder) if word == at.client.folder else word for word in command]
    is_bare = Path(command[0]).is_absolute() and "--project" in command
    try:
        done = subprocess.run(
            command,
            input=lines,
            cwd="/" if is_bare else at.folder,
            env={
                "PATH": "/usr/bin:/bin" if is_bare else env.get("PATH", ""),
                "HOME": "/" if is_bare else env.get("HOME", "/"),
            },
            capture_output=True,
            text=True,
            timeout=CHECK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerFailed(
            f"{command[0]} does not start: {error}.", "Reinstall SparkQ where it stays, then connect again."
        ) from error
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        if answer.get("id") == 2 and "result" in answer:
            return len(answer["result"]["tools"])
    raise ServerFailed(
        "The configured command does not list its tools.", (done.stderr.strip() or "It said nothing.")[-400:]
    )
