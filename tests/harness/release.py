"""The two files of a release, built from this checkout."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.harness.support import TOP


class Built(NamedTuple):
    """Where they are."""

    wheel: Path
    sdist: Path


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command that succeeds; returns what it printed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def build(folder: Path) -> Built:
    """Those in `folder`, built if it is not there."""
    if not folder.exists():
        run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=TOP)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)
