"""Programs of others that judge the server, and a slow Git."""

import os
import sys
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.harness.downloads import BUILD, installed, npm

NODE = {
    "node": "22.23.3",
    "@modelcontextprotocol/inspector": "2.12.0",
    "@modelcontextprotocol/sdk": "1.32.2",
    "@modelcontextprotocol/conformance": "0.2.0-alpha.12",
    "@anthropic-ai/mcpb": "2.1.2",
}
UV = "uv>=0.13"
SLOW_GIT = """#!/bin/sh
touch {folder}/asked
while [ ! -e {folder}/go ]; do sleep 0.02; done
exit 1
"""


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder of the MCP tools that are written for Node.js, Node.js itself among them."""
    return npm("npm", NODE)


@pytest.fixture(scope="session")
def uv() -> Path:
    """The folder of uv, which starts Python programs as Claude Desktop and registry clients do."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(BUILD / "uv"), UV]
    return installed(BUILD / "uv", [UV], pip)


@pytest.fixture
def slow_git(store: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the project a repository whose Git notes in this folder that it was asked, and answers when `go` is there."""
    (store.config.root / ".git").mkdir()
    folder = tmp_path / "slow-git"
    folder.mkdir()
    (folder / "git").write_text(SLOW_GIT.format(folder=folder))
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder
