"""A worker that writes before its claim is recorded: its work is its own, and what was done before is not."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import changes, queues, tasks
from sparkq_core.changes import store
from sparkq_core.installation import export, importer
from sparkq_core.project import SparkQ
from tests.core.changes.steps import Work, append, at_work, before, changed, claim, complete, quickly
from tests.harness.git_steps import commit, git
from tests.harness.projects import open_new_project
from tests.harness.task_steps import add


@pytest.fixture
def sq(repository: Path) -> Iterator[SparkQ]:
    """An open project in the repository on the machine's clock, by which files have their times."""
    opened = open_new_project(repository)
    (repository / "sparkq/.gitignore").write_text("*\n")
    queues.create(opened, "backend")
    yield opened
    opened.close()


WORKS = {
    "a new file": ("echo x > new.py", ("A", "new.py", 1, 0)),
    "a new file in a new folder": ("mkdir src && echo x > src/new.py", ("A", "src/new.py", 1, 0)),
    "a changed file": ("echo x >> one.txt", ("M", "one.txt", 1, 0)),
    "a replaced file": ("cp one.txt new && echo x >> new && mv new one.txt", ("M", "one.txt", 1, 0)),
    "a mode": ("chmod +x one.txt", ("M", "one.txt", 0, 0)),
    "a deleted file": ("rm two.txt", ("D", "two.txt", 0, 10)),
    "a renamed file": ("mv two.txt 2.txt", ("R", "2.txt", 0, 0)),
    "a file moved into a folder": ("mkdir src && mv two.txt src", ("R", "src/two.txt", 0, 0)),
    "a link in place of a file": ("ln -sf one.txt two.txt", ("T", "two.txt", 1, 10)),
    "a folder in place of a file": ("mv two.txt x && mkdir two.txt && mv x two.txt/part", ("R", "two.txt/part", 0, 0)),
}
"""What a worker does, and how it is shown."""


@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize("is_first", [True, False], ids=["of the first task", "of a later task"])
def test_what_a_worker_does_at_once_is_its_own(sq: SparkQ, repository: Path, name: str, is_first: bool) -> None:
    if not is_first:
        complete(sq, claim(sq))
    script, file = WORKS[name]

    task_id = quickly(sq, lambda: subprocess.run(["sh", "-c", script], cwd=repository, check=True))

    assert changed(sq, task_id) == [file]
    assert "between" not in before(sq, task_id)


def test_what_was_done_before_the_claim_is_not(sq: SparkQ, repository: Path) -> None:
    complete(sq, claim(sq))
    (repository / "mine.txt").write_text("mine\n")
    append(repository / "two.txt", "mine\n")
    (repository / "three.txt").unlink()

    task_id = quickly(sq, lambda: append(repository / "one.txt", "its own\n"))

    assert changed(sq, task_id) == [("M", "one.txt", 1, 0)]
    assert before(sq, task_id)["between"] == 3


def test_what_was_deleted_before_the_claim_is_not_even_where_the_worker_writes(sq: SparkQ, repository: Path) -> None:
    (repository / "three.txt").unlink()

    task_id = quickly(sq, lambda: (repository / "new.py").write_text("x\n"))

    assert changed(sq, task_id) == [("A", "new.py", 1, 0)]


def test_a_worker_goes_on_from_what_the_last_task_left(sq: SparkQ, repository: Path) -> None:
    quickly(sq, lambda: append(repository / "one.txt", "of the last\n"))
    quickly(sq, lambda: append(repository / "its.txt", "of the last\n"))

    assert changed(sq, quickly(sq, lambda: append(repository / "one.txt", "x\n"))) == [("M", "one.txt", 1, 0)]
    assert changed(sq, quickly(sq, lambda: (repository / "its.txt").unlink())) == [("D", "its.txt", 0, 1)]


def test_a_worker_goes_on_from_what_was_committed_since(sq: SparkQ, repository: Path) -> None:
    quickly(sq, lambda: append(repository / "one.txt", "of the last\n"))
    append(repository / "one.txt", "mine\n")
    commit(repository)

    assert changed(sq, quickly(sq, lambda: append(repository / "one.txt", "x\n"))) == [("M", "one.txt", 1, 0)]


def test_what_was_not_committed_stays_with_the_last_task(sq: SparkQ, repository: Path) -> None:
    quickly(sq, lambda: append(repository / "one.txt", "of the last\n"))
    append(repository / "two.txt", "mine\n")
    git(repository, "commit", "--quiet", "--message", "Mine", "two.txt")

    assert changed(sq, quickly(sq, lambda: append(repository / "one.txt", "x\n"))) == [("M", "one.txt", 1, 0)]


def test_what_was_staged_before_the_first_claim_is_not_its_own(sq: SparkQ, repository: Path) -> None:
    append(repository / "one.txt", "mine\n")
    git(repository, "add", "one.txt")

    assert changed(sq, quickly(sq, lambda: append(repository / "one.txt", "x\n"))) == [("M", "one.txt", 1, 0)]


def test_a_task_claimed_with_an_outcome_has_its_own_work(sq: SparkQ, repository: Path) -> None:
    first = claim(sq)
    add(sq, "two")
    append(repository / "one.txt", "of the first\n")
    done = tasks.complete(sq, first, "done", next_for="ann")
    assert done.claimed is not None
    begun = changes.Execution(done.claimed.task.id, done.claimed.task.attempts)
    at_work(sq, done.claimed.task.claimed_at or 0, lambda: (repository / "new.py").write_text("of the second\n"))
    changes.record(sq, repository, ended=[changes.Execution(first, 1)], begun=begun)
    complete(sq, begun.task)

    assert changed(sq, first) == [("M", "one.txt", 1, 0)]
    assert changed(sq, begun.task) == [("A", "new.py", 1, 0)]


def test_without_the_last_tree_the_index_is_known(sq: SparkQ, repository: Path) -> None:
    quickly(sq, lambda: append(repository / "one.txt", "of the last\n"))
    for _, file, _ in [*store.objects(store.path(sq.config))]:
        file.unlink()

    assert changed(sq, quickly(sq, lambda: append(repository / "two.txt", "x\n"))) == [("M", "two.txt", 1, 0)]


@pytest.fixture
def imported(sq: SparkQ, repository: Path, tmp_path: Path) -> Iterator[SparkQ]:
    """A project in a clone of the repository, into which the first one with a task that changed a file was imported."""
    complete_after(sq, lambda: append(repository / "one.txt", "of the first\n"))
    commit(repository)
    git(tmp_path, "clone", "--quiet", str(repository), "clone")
    opened = open_new_project(tmp_path / "clone")
    (tmp_path / "clone/sparkq/.gitignore").write_text("*\n")
    importer.load(opened, list(export.export(sq)))
    yield opened
    opened.close()


def complete_after(sq: SparkQ, work: Work) -> None:
    """Let a task do this work after its claim was recorded."""
    task_id = claim(sq)
    work()
    complete(sq, task_id)


def test_the_first_task_after_an_import_has_only_its_own_work(imported: SparkQ) -> None:
    """The trees that came in have nothing but the files that were changed."""
    root = imported.config.root

    task_id = quickly(imported, lambda: append(root / "two.txt", "its own\n"))

    assert changed(imported, task_id) == [("M", "two.txt", 1, 0)]
    assert "between" not in before(imported, task_id)
    assert changed(imported, 1) == [("M", "one.txt", 1, 0)]


def test_after_an_import_nothing_is_said_of_what_was_done_before(imported: SparkQ) -> None:
    append(imported.config.root / "three.txt", "mine\n")

    complete_after(imported, lambda: append(imported.config.root / "two.txt", "its own\n"))

    assert changed(imported, 2) == [("M", "two.txt", 1, 0)]
    assert "between" not in before(imported, 2)


def test_before_the_first_commit_everything_is_new(sq: SparkQ, repository: Path) -> None:
    git(repository, "update-ref", "-d", "HEAD")
    git(repository, "rm", "--quiet", "--cached", "-r", ".")

    assert changed(sq, quickly(sq, lambda: append(repository / "one.txt", "x\n"))) == [("A", "one.txt", 11, 0)]


def test_the_index_of_the_person_stays_as_it_is(sq: SparkQ, repository: Path) -> None:
    index = repository / ".git/index"
    kept = index.read_bytes(), os.stat(index).st_mtime_ns

    quickly(sq, lambda: (repository / "two.txt").unlink())

    assert (index.read_bytes(), os.stat(index).st_mtime_ns) == kept
