"""Fixtures of the core's tests: projects in the states that several of their files need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import inbox, project, queues, search, sessions, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.errors import ClaimLost
from sparkq_core.installation import setup
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.queues import deletion
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import open_new_project
from tests.harness.task_steps import add, claimed_task, timed_out_task


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


@pytest.fixture
def lived(sq: SparkQ, queue: str, clock: SetClock) -> SparkQ:
    """A project in which everything has happened that can happen to a task."""
    sessions.create(sq, "feature-x")
    sessions.create(sq, "over")
    sessions.end(sq, "over")
    queues.create(sq, "docs", instructions="Plain words.", session="feature-x")
    queues.instruct(sq, "docs", "Plainer words.")
    queues.create(sq, "old")
    queues.end(sq, "old")
    queues.create(sq, "older")
    queues.archive(sq, "older")
    late = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, late.id, "late", data={"a": [1, None]}, attempt=1)
    tasks.accept(sq, late.id)
    failed = claimed_task(sq, "fails")
    tasks.fail(sq, failed.id, "boom", error_type="environment")
    tasks.requeue(sq, failed.id, feedback="again", prompt="fails less", front=True)
    purged = claimed_task(sq, "goes")
    tasks.complete(sq, purged.id, "done")
    inbox.review(sq, purged.id)
    clock.move(4 * 24 * HOUR)
    purge.purge(sq)
    tasks.enqueue(sq, "docs", "keyed", key="k", tool="run-bash", task_class="FAST_SCRIPT", timeout=7, source="cli")
    done = claimed_task(sq, "done")
    tasks.progress(sq, done.id, "half way")
    tasks.complete(sq, done.id, "Größe 🎉\r\n\x1b[31m\u2028end", data="x")
    tasks.cancel(sq, add(sq, "no")[0], "not needed")
    claimed_task(sq, "still running")
    released = claimed_task(sq, "given back")
    tasks.release(sq, released.id, "later")
    inbox.look(sq)
    search.find_page(sq, "done")
    gone = add(sq, "the newest id is gone")[0]
    tasks.delete(sq, gone)
    queues.create(sq, "mistaken")
    tasks.move(sq, add(sq, "moved", queue="mistaken"), "docs")
    deletion.delete(sq, "mistaken")
    return sq
