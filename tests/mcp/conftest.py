"""Programs of others that judge the server, installed once into .build by npm and pip, never into the tree; and a slow Git."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.harness.projects import TOP

BUILD = TOP / ".build"
NODE = {
    "node": "22.23.3",
    "@modelcontextprotocol/inspector": "2.12.0",
    "@modelcontextprotocol/sdk": "1.32.2",
    "@modelcontextprotocol/conformance": "0.2.0-alpha.12",
    "@anthropic-ai/mcpb": "2.1.2",
}
UV = "uv>=0.13"
SECONDS = 400
SLOW_GIT = """#!/bin/sh
touch {folder}/asked
while [ ! -e {folder}/go ]; do sleep 0.02; done
exit 1
"""


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder of the MCP tools that are written for Node.js, Node.js itself among them."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing: Inspector, TypeScript SDK, conformance and bundle tool come from its registry")
    wanted = [f"{name}@{version}" for name, version in NODE.items()]
    options = ["--cache", str(BUILD / "npm-cache"), "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
    return installed(BUILD / "npm", wanted, [npm, "install", "--prefix", str(BUILD / "npm"), *options, *wanted])


@pytest.fixture(scope="session")
def uv() -> Path:
    """The folder of uv, which starts Python programs as Claude Desktop and registry clients do."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(BUILD / "uv"), UV]
    return installed(BUILD / "uv", [UV], pip)


def installed(folder: Path, wanted: list[str], command: list[str]) -> Path:
    """`folder` with what is wanted in it; the test is skipped where that cannot be had, for example offline."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "installed.json"
    with (BUILD / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not stamp.is_file() or json.loads(stamp.read_text()) != wanted:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
            if done.returncode:
                pytest.skip(f"{Path(command[0]).name} could not install {', '.join(wanted)}: {done.stderr[-300:]}")
            stamp.write_text(json.dumps(wanted))
    return folder


def path_with(*folders: Path) -> str:
    """A PATH that finds the programs of these folders first."""
    return os.pathsep.join([*(str(folder) for folder in folders), os.environ.get("PATH", os.defpath)])


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
