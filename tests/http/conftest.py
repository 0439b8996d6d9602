"""Fixtures of the HTTP door: one server for every test that can share it, and a queue of its own for each."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from sparkq_core import project, queues
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.projects import create_project
from tests.http.caller import Caller, Served

_numbers = count(1)


def new_project(root: Path) -> Path:
    """A project in `root` on the machine's clock."""
    create_project(root, SystemClock())
    return root


def another_project(root: Path) -> Path:
    """A project with an id of its own: the others of the tests are copies of one."""
    root.mkdir()
    with closing(project.open(new_project(root), env={})) as sq, sq.db.write() as tx:
        tx.run("UPDATE project SET name = :name", {"name": root.name})
    return root


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that tests share."""
    server = Served(new_project(tmp_path_factory.mktemp("served")))
    yield server
    server.stop()


@pytest.fixture
def call(served: Served) -> Caller:
    """Speaks to the shared server."""
    return served.call


@pytest.fixture
def behind(served: Served) -> Iterator[SparkQ]:
    """The shared server's project, as another process sees it."""
    opened = project.open(served.root, env={})
    yield opened
    opened.close()


@pytest.fixture
def line(behind: SparkQ) -> str:
    """The name of an empty queue that no other test uses."""
    return queues.create(behind, f"line-{next(_numbers)}", instructions="Be quick.").name


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A project of the test's own."""
    root = tmp_path / "own"
    root.mkdir()
    return new_project(root)
