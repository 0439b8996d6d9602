"""Fixtures of the command's tests: a shell in a project that was set up, and the project itself to arrange and to look."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import lifecycle, project, queues
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.command import Shell


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
    """The project of the shell, as `sparkq setup --yes` makes it, on the machine's clock."""
    lifecycle.setup(bare.folder, lifecycle.defaults(bare.folder), SystemClock(), {})
    opened = project.open(bare.folder, env={})
    yield opened
    opened.close()


@pytest.fixture
def sq(empty: SparkQ) -> SparkQ:
    """The project with an empty queue "backend"."""
    queues.create(empty, "backend")
    return empty


@pytest.fixture
def shell(sq: SparkQ, bare: Shell) -> Shell:
    """A shell in that project."""
    return bare
