"""Programs of others that judge the server, and a slow Git."""

import os
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.harness import downloads

SLOW_GIT = """#!/bin/sh
touch {folder}/asked
while [ ! -e {folder}/go ]; do sleep 0.02; done
exit 1
"""


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder of the MCP tools that are written for Node.js, Node.js itself among them."""
    return downloads.node()


@pytest.fixture(scope="session")
def uv() -> Path:
    """The folder of uv, which starts Python programs as Claude Desktop and registry clients do."""
    return downloads.uv()


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
