"""The product as people get it: installed from the wheel into an environment of its own."""

import sys
from pathlib import Path

import pytest

from sparkq_core.files import lock
from tests.harness.distribution import Distribution, run
from tests.package.person import Person


@pytest.fixture(scope="session")
def bin_folder(shared: Path, distribution: Distribution) -> Path:
    """The commands of the wheel in a bare virtual environment outside the checkout."""
    folder = shared / "installed"
    with lock.holding(shared / "installed.lock"):
        if not (folder / "ready").exists():
            run(sys.executable, "-m", "venv", "--without-pip", folder)
            pip = (sys.executable, "-m", "pip", "--python", folder / "bin/python", "--disable-pip-version-check")
            run(*pip, "install", "--quiet", distribution.wheel)
            (folder / "ready").touch()
    return folder / "bin"


@pytest.fixture
def person(tmp_path: Path, bin_folder: Path) -> Person:
    folder, home = tmp_path / "repository", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "README.md").write_text("Mine.\n")
    (folder / ".gitignore").write_text("*.pyc\n")
    run("git", "init", "-q", cwd=folder)
    return Person(folder, home, bin_folder)
