"""Fixtures of the command's tests: a shell in a project that was set up, and the project itself to arrange and to look."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sparkq_core import queues
from sparkq_core.clock import SystemClock
from sparkq_core.installation import setup
from sparkq_core.project import SparkQ
from tests.harness.projects import open_new_project
from tests.harness.shell import Shell
from tests.http.caller import free_port


@pytest.fixture
def port() -> int:
    """A port for a server of the test."""
    return free_port()


@pytest.fixture
def bare(root: Path, tmp_path: Path) -> Shell:
    """A shell in a folder where nothing was set up."""
    return Shell(root, tmp_path / "home")


@pytest.fixture
def repository(bare: Shell) -> Shell:
    """A shell in a Git repository where nothing was set up."""
    subprocess.run(["git", "init", "--quiet", bare.folder], check=True)
    return bare


@pytest.fixture
def empty(bare: Shell) -> Iterator[SparkQ]:
    """The project of the shell, without a sparkq.yml (reading it costs each command 20 ms), on the machine's clock."""
    with closing(open_new_project(bare.folder)) as opened:
        yield opened


@pytest.fixture
def written(sq: SparkQ) -> Path:
    """The sparkq.yml of the project, as `sparkq setup --yes` writes it."""
    setup.setup(sq.config.root, setup.defaults(sq.config.root), SystemClock(), {})
    return sq.config.root / "sparkq.yml"


@pytest.fixture
def sq(empty: SparkQ) -> SparkQ:
    """The project with an empty queue "backend"."""
    queues.create(empty, "backend")
    return empty


@pytest.fixture
def shell(sq: SparkQ, bare: Shell) -> Shell:
    """A shell in that project."""
    return bare


@pytest.fixture
def project_of(repository: Shell) -> Shell:
    """A shell in a repository with files of its own, where SparkQ was set up."""
    (repository.folder / "app.py").write_text("print('mine')\n")
    (repository.folder / ".gitignore").write_text("*.log\n")
    repository.ok("setup", "--yes", "--queue", "backend")
    return repository
