"""A server whose files were removed: it is found again, and rescues what it has."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.config import copies
from sparkq_http.project import ReloadableProject
from sparkq_http.server_lock import FILE, ServerLock, is_abandoned
from tests.harness.waiting import SECONDS, until
from tests.http.caller import Served
from tests.promises import holds


def rescued(root: Path) -> list[str]:
    """The prompts of the newest rescue copy."""
    config = project.effective(root, env={})
    (copy,) = [found.path for found in copies.found(config) if found.kind == "rescue"]
    target = root / "sparkq/data/sparkq.db"
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(copy, target)
    with closing(project.open(root, env={})) as sq:
        return [task.title for task in tasks.list_page(sq, tasks.Wanted()).tasks]


def clean(root: Path) -> None:
    """Remove what Git ignores, as `git clean -fdx` does."""
    shutil.rmtree(root / "sparkq/data")
    shutil.rmtree(root / "sparkq/run")


@holds("server-without-files")
def test_a_server_that_lost_its_lock_and_its_database_is_found_again_and_rescues_it(own: Path) -> None:
    server = Served(own)
    file = own / "sparkq/run" / FILE
    server.call.post("/api/queues", name="q")["queue"]
    server.call.add("q", "keep me")

    clean(own)
    until(lambda: file.exists() and file.read_text() != "" and "the database was removed" in server.said)

    assert json.loads(file.read_text())["pid"] == server.process.pid
    assert rescued(own) == ["keep me"]
    assert [task["title"] for task in server.call.get("/api/tasks")["tasks"]] == ["keep me"]
    server.stop()


@holds("server-without-files")
def test_a_server_that_lost_only_its_lock_takes_it_again(own: Path) -> None:
    server = Served(own)
    file = own / "sparkq/run" / FILE
    before = json.loads(file.read_text())

    shutil.rmtree(own / "sparkq/run")
    until(lambda: file.exists() and file.read_text() != "")

    assert json.loads(file.read_text()) == before
    assert server.call.get("/health").status == 200
    server.stop()
    assert file.read_text() == ""


def test_a_server_whose_project_was_deleted_ends(own: Path) -> None:
    server = Served(own)
    shutil.rmtree(own)

    server.process.wait(SECONDS)

    assert server.process.returncode == 0


def test_a_project_that_was_moved_is_waited_for(own: Path, reloadable: ReloadableProject) -> None:
    held = held_by(own)
    moved = own.rename(own.with_name("moved"))
    assert not is_abandoned(held, reloadable)

    moved.rename(own)

    assert not held.is_lost()
    assert not is_abandoned(held, reloadable)


@holds("server-without-files", "rescue")
def test_a_server_that_is_stopped_leaves_a_copy_of_a_lost_database(own: Path) -> None:
    server = Served(own)
    server.call.post("/api/queues", name="q")["queue"]
    server.call.add("q", "keep me")
    shutil.rmtree(own / "sparkq/data")

    server.stop()

    assert rescued(own) == ["keep me"]


@pytest.fixture
def reloadable(own: Path) -> ReloadableProject:
    """A project that a server has open, with a task."""
    opened = ReloadableProject(lambda: project.open(own, env={}))
    queues.create(opened.sq, "q")
    tasks.enqueue(opened.sq, "q", "keep me")
    return opened


def held_by(root: Path) -> ServerLock:
    """The lock of the project's server."""
    held = ServerLock.acquire(root / "sparkq/run")
    assert held is not None
    return held


def test_a_lock_that_is_taken_again_is_hidden_from_git(own: Path, reloadable: ReloadableProject) -> None:
    held = held_by(own)
    shutil.rmtree(own / "sparkq")

    assert not is_abandoned(held, reloadable)

    assert (own / "sparkq/.gitignore").is_file()
    assert not held.is_lost()


def test_a_second_server_that_took_the_place_is_left_in_it(own: Path, reloadable: ReloadableProject) -> None:
    held = held_by(own)
    shutil.rmtree(own / "sparkq/run")
    second = held_by(own)
    second.describe({"pid": 1})

    assert is_abandoned(held, reloadable)
    assert json.loads((own / "sparkq/run" / FILE).read_text()) == {"pid": 1}


def test_a_lock_in_its_place_is_neither_lost_nor_given_twice(own: Path, reloadable: ReloadableProject) -> None:
    held = held_by(own)

    assert not held.is_lost()
    assert ServerLock.acquire(own / "sparkq/run") is None
