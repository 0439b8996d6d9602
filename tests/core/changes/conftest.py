"""A project in a Git repository."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import queues
from sparkq_core.changes import recording
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.git_steps import commit, start
from tests.harness.projects import open_new_project


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy with tests Git may take longer than a person would wait."""
    monkeypatch.setattr(recording, "SECONDS", 60.0)


@pytest.fixture
def repository(root: Path) -> Path:
    """A repository on branch "main" with one commit of three files."""
    start(root)
    for name in ("one.txt", "two.txt", "three.txt"):
        (root / name).write_text("".join(f"line {number}\n" for number in range(10)))
    commit(root, "Begin")
    return root


@pytest.fixture
def sq(repository: Path, clock: SetClock) -> Iterator[SparkQ]:
    """An open project in the repository, with the queue "backend"."""
    opened = open_new_project(repository, clock)
    (repository / "sparkq/.gitignore").write_text("*\n")  # as setup does
    queues.create(opened, "backend")
    yield opened
    opened.close()
