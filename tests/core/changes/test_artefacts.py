"""The patch that an accepted task leaves beside its text, in a repository."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import artefacts, inbox, project, queues
from sparkq_core.project import SparkQ
from tests.core.changes.steps import append, changed, claim, complete
from tests.harness.clocks import SetClock
from tests.harness.projects import create_project
from tests.promises import holds


@pytest.fixture
def sq(repository: Path, clock: SetClock) -> Iterator[SparkQ]:
    """A project in the repository that keeps the files of accepted tasks in the folder "kept"."""
    (repository / "sparkq.yml").write_text("reviews: {path: kept}\n")
    create_project(repository, clock)
    (repository / "sparkq/.gitignore").write_text("*\n")
    opened = project.open(repository, env={}, clock=clock)
    queues.create(opened, "backend")
    yield opened
    opened.close()


def git(folder: Path, *arguments: str) -> str:
    """What Git prints."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@holds("artefacts")
def test_an_accepted_task_leaves_a_patch_that_git_applies(sq: SparkQ, repository: Path) -> None:
    task_id = claim(sq)
    append(repository / "one.txt", "more\n")
    complete(sq, task_id)
    inbox.accept(sq, [task_id])

    artefacts.write_due(sq)

    patch = repository / "kept/0001-one.patch"
    git(repository, "apply", "--reverse", str(patch))
    assert git(repository, "diff", "--stat") == ""
    assert "1 file, +1 −0" in patch.with_suffix(".md").read_text()


@holds("artefacts")
def test_what_accepted_tasks_leave_is_not_part_of_what_another_task_changed(sq: SparkQ, repository: Path) -> None:
    first = claim(sq)
    append(repository / "one.txt", "more\n")
    complete(sq, first)
    second = claim(sq)
    inbox.accept(sq, [first])
    artefacts.write_due(sq)
    append(repository / "two.txt", "more\n")

    complete(sq, second)

    assert changed(sq, second) == [("M", "two.txt", 1, 0)]
