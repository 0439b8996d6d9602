"""Codex, Gemini CLI and opencode call the tools of the server that their configuration names."""

import json

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.others import Others
from tests.harness.shell import SPARKQ, Shell
from tests.harness.task_steps import add

COMMAND, MCP = str(SPARKQ), ["mcp"]


def connect(client: str, shell: Shell) -> None:
    """Name the server in the client's configuration."""
    if client == "codex":
        file = shell.home / ".codex/config.toml"
        arguments = json.dumps([*MCP, "--project", str(shell.folder)])
        text = f'[mcp_servers.sparkq]\ncommand = "{COMMAND}"\nargs = {arguments}\nrequired = true\n'
    elif client == "gemini":
        file = shell.folder / ".gemini/settings.json"
        text = json.dumps({"mcpServers": {"sparkq": {"command": COMMAND, "args": MCP, "trust": True}}})
    else:
        file = shell.folder / "opencode.json"
        text = json.dumps({"mcp": {"sparkq": {"type": "local", "command": [COMMAND, *MCP], "enabled": True}}})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("client", ["codex", "gemini", "opencode"])
def test_a_client_completes_a_task(others: Others, store: SparkQ, shell: Shell, client: str) -> None:
    (task_id,) = add(store, "one")
    connect(client, shell)

    done = others.ask(client, "Do one task of backend.")

    assert (done.code, f"#{task_id} is done." in done.out) == (0, True), done
    assert tasks.get(store, task_id).status == "succeeded"
