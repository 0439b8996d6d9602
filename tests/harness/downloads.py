"""Programs of others, installed once into .build by npm and pip, never into the tree.

`python -m tests.harness.downloads` installs them all. Without it each is installed by the first test that needs it.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.harness.projects import TOP

BUILD = TOP / ".build"
SECONDS = 400
CLAUDE_CODE = "2.1.332"
NODE = {
    "node": "22.23.3",
    "@modelcontextprotocol/inspector": "2.12.0",
    "@modelcontextprotocol/sdk": "1.32.2",
    "@modelcontextprotocol/conformance": "0.2.0-alpha.12",
    "@anthropic-ai/mcpb": "2.1.2",
}
OTHER_CLIENTS = {"@openai/codex": "0.171.0", "@google/gemini-cli": "0.61.0", "opencode-ai": "1.18.33"}
UV = "uv>=0.13"


def claude_code() -> Path:
    """Return the command `claude`."""
    program = npm("claude-code", {"@anthropic-ai/claude-code": CLAUDE_CODE}) / "node_modules/.bin/claude"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if not done.stdout.startswith(CLAUDE_CODE):  # npm passes over the part for this system if it cannot have it
        pytest.skip(f"Claude Code does not start here: {done.stdout}{done.stderr}")
    return program


def node() -> Path:
    """Return the folder of the MCP tools that are written for Node.js, Node.js itself among them."""
    return npm("npm", NODE)


def other_clients() -> Path:
    """Return the folder of the commands `codex`, `gemini` and `opencode`."""
    return npm("others", OTHER_CLIENTS) / "node_modules/.bin"


def uv() -> Path:
    """Return the folder of uv, which starts Python programs as Claude Desktop and registry clients do."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(BUILD / "uv"), UV]
    return installed(BUILD / "uv", [UV], pip)


def npm(name: str, packages: dict[str, str]) -> Path:
    """Return the folder `name` of .build with these packages, by their versions."""
    wanted = [f"{package}@{version}" for package, version in packages.items()]
    program = shutil.which("npm")
    if program is None:
        pytest.skip(f"npm is missing, which installs {', '.join(wanted)}")
    options = ["--cache", str(BUILD / "npm-cache"), "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
    offline_soon = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=3000"]
    command = [program, "install", "--prefix", str(BUILD / name), *options, *offline_soon, *wanted]
    return installed(BUILD / name, wanted, command)


def installed(folder: Path, wanted: list[str], command: list[str]) -> Path:
    """Return `folder` with what is wanted in it; the test is skipped where that cannot be had, for example offline."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "installed.json"
    with (BUILD / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not stamp.is_file() or json.loads(stamp.read_text()) != wanted:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
            if done.returncode:
                pytest.skip(f"{Path(command[0]).name} could not install {', '.join(wanted)}: {done.stderr[:300]}")
            stamp.write_text(json.dumps(wanted))
    return folder


def path_with(*folders: Path) -> str:
    """Return a PATH that finds the programs of these folders first."""
    return os.pathsep.join([*(str(folder) for folder in folders), os.environ.get("PATH", os.defpath)])


def main() -> None:
    """Install everything, and print why what cannot be had is not there."""
    with ThreadPoolExecutor() as threads:
        for program in [threads.submit(install) for install in (claude_code, node, other_clients, uv)]:
            try:
                program.result()
            except pytest.skip.Exception as missing:
                print(missing, file=sys.stderr)


if __name__ == "__main__":
    main()
