"""Programs of others, installed once into .build by npm and pip, never into the tree."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.projects import TOP

BUILD = TOP / ".build"
SECONDS = 400
CLAUDE_CODE = "2.1.332"


def claude_code() -> Path:
    """Return the command `claude`."""
    program = npm("claude-code", {"@anthropic-ai/claude-code": CLAUDE_CODE}) / "node_modules/.bin/claude"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if not done.stdout.startswith(CLAUDE_CODE):  # npm passes over the part for this system if it cannot have it
        pytest.skip(f"Claude Code does not start here: {done.stdout}{done.stderr}")
    return program


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
