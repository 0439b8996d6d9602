"""The product as people get it: built here, installed from the wheel into an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sparkq_core import lock
from tests.support import TOP


class Built(NamedTuple):
    """The two files of a release."""

    wheel: Path
    sdist: Path


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command that succeeds; returns what it printed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run, the same for all of its processes."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def built(shared: Path) -> Built:
    """Wheel and source distribution, built once by whichever test process comes first."""
    folder = shared / "dist"
    with lock.held(shared / "dist.lock"):
        if not folder.exists():
            run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=TOP)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="session")
def bin_folder(shared: Path, built: Built) -> Path:
    """The commands of the wheel in a bare virtual environment outside the checkout."""
    folder = shared / "installed"
    with lock.held(shared / "installed.lock"):
        if not (folder / "ready").exists():
            run(sys.executable, "-m", "venv", "--without-pip", folder)
            pip = (sys.executable, "-m", "pip", "--python", folder / "bin/python", "--disable-pip-version-check")
            run(*pip, "install", "--quiet", built.wheel)
            (folder / "ready").touch()
    return folder / "bin"
