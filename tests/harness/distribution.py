"""Wheel and source distribution, built from this checkout."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.harness.projects import TOP


class Distribution(NamedTuple):
    """The paths of both files."""

    wheel: Path
    sdist: Path


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command that must succeed, and return its output."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def build_distribution(folder: Path) -> Distribution:
    """Return the distribution in `folder`. Build it if the folder does not exist."""
    if not folder.exists():
        run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=TOP)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Distribution(wheel, sdist)
