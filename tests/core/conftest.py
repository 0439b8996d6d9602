"""Fixtures of the core's tests: projects in the states that several of their files need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import project
from sparkq_core.clock import SystemClock
from sparkq_core.installation import setup
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project
from tests.harness.task_steps import add


@pytest.fixture
def unused(tmp_path: Path, clock: SetClock) -> Iterator[SparkQ]:
    """A project that nobody has used."""
    folder = tmp_path / "new"
    folder.mkdir()
    opened = open_new_project(folder, clock)
    yield opened
    opened.close()


@pytest.fixture
def configured(root: Path) -> SparkQ:
    """A project as `sparkq setup --yes` makes it, with every setting written and commented."""
    setup.setup(root, setup.defaults(root), SystemClock(), {})
    return project.open(root, env={})


@pytest.fixture
def healthy(sq: SparkQ, queue: str) -> SparkQ:
    """A project with some tasks in which everything is as it should be."""
    add(sq, *("x" * 3000 for _ in range(20)))
    (sq.config.root / ".mcp.json").write_text('{"mcpServers": {"sparkq": {"command": "sparkq", "args": ["mcp"]}}}')
    return sq
