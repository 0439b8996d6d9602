"""Which servers of an MCP client's configuration are SparkQ's, and whose project they serve."""

from pathlib import Path
from typing import Any

import pytest

from sparkq_core.installation.mcp_clients import entries

OURS: dict[str, list[str]] = {
    "as connect writes it": ["/usr/bin/sparkq", "mcp", "--project", "/p"],
    "with an equals sign": ["sparkq", "mcp", "--project=/p"],
    "the server alone": ["sparkq-mcp", "--project", "/p"],
    "as a module": ["python3", "-m", "sparkq_cli.main", "mcp", "--project", "/p"],
    "the wrapper": ["/p/sparkq.sh", "mcp", "--project", "/p"],
    "through uvx": ["uvx", "--from", "sparkq-2.0.0-py3-none-any.whl", "sparkq", "mcp", "--project", "/p"],
}
THEIRS: dict[str, list[str]] = {
    "a folder of that name": ["npx", "-y", "@modelcontextprotocol/server-filesystem", "/home/u/code/sparkq"],
    "another command of ours": ["sparkq", "watch"],
    "another program": ["sparkqueue", "mcp"],
}


def server(words: list[str]) -> dict[str, Any]:
    return {"work": {"command": words[0], "args": words[1:]}}


@pytest.mark.parametrize("words", OURS.values(), ids=OURS)
def test_what_starts_the_server_is_ours_and_names_its_project(words: list[str]) -> None:
    (entry,) = entries(server(words))

    assert (entry.name, entry.command, entry.project) == ("work", words[0], Path("/p"))


@pytest.mark.parametrize("words", THEIRS.values(), ids=THEIRS)
def test_what_starts_something_else_is_not_ours(words: list[str]) -> None:
    assert entries(server(words)) == ()


def test_a_server_of_our_name_is_ours_whatever_it_starts() -> None:
    (entry,) = entries({"sparkq": {"command": "docker", "args": ["run", "queue"]}})

    assert entry.project is None


@pytest.mark.parametrize("folder", [".", "${workspaceFolder}", "$CLAUDE_PROJECT_DIR"])
def test_the_folder_that_is_open_is_no_other_project(folder: str) -> None:
    (entry,) = entries(server(["sparkq", "mcp", "--project", folder]))

    assert entry.project is None


def test_the_command_of_opencode_is_a_list() -> None:
    (entry,) = entries({"sparkq": {"type": "local", "command": ["/bin/sparkq", "mcp", "--project", "/p"]}})

    assert (entry.command, entry.project) == ("/bin/sparkq", Path("/p"))
