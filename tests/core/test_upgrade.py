"""Databases of every released schema open, come up to today's, and tell what they told then."""

import json
import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from sparkq_core import project, tasks
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from tests.golden.make import FOLDER, recorded
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of, open_new_project
from tests.harness.task_steps import add

GOLDEN = sorted(FOLDER.glob("schema-*.db"))
SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"


def opened(golden: Path, root: Path, clock: SetClock) -> SparkQ:
    """A project with a copy of the golden database, at the moment that it was made."""
    clock.at = told_then(golden)["now"]
    database_of(root).parent.mkdir(parents=True)
    shutil.copyfile(golden, database_of(root))
    return project.open(root, env={}, clock=clock)


def told_then(golden: Path) -> Any:
    """What the database read as when it was made."""
    return json.loads(golden.with_suffix(".json").read_text(encoding="utf-8"))


def with_cancelled_apart(told: Any) -> Any:
    """The same as today's version tells it: until schema 3 a cancelled task was a failed one with an error type."""
    failed = {queue["name"]: queue for queue in told["queues"]["queues"]}
    for task in told["tasks"]:
        if task["error_type"] == "cancelled":
            task["status"], task["error_type"] = "cancelled", None
            failed[task["queue"]]["failed"] -= 1
            failed[task["queue"]]["cancelled"] = 1
    return told


def with_queue_ids_as_texts(told: Any) -> Any:
    """The same as today's version tells it: the ids of queues are texts, as programs for SparkQ 1 compare them."""
    for queue in told["queues"]["queues"]:
        queue["id"] = str(queue["id"])
    for task in told["tasks"]:
        for record in (task, *task["events"]):
            if isinstance(record.get("queue_id"), int):
                record["queue_id"] = str(record["queue_id"])
    return told


def lost(then: Any, now: Any, place: str = "") -> list[str]:
    """What was told then and is not told now; a later version may tell more."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [loss for key in then for loss in lost(then[key], now.get(key), f"{place}.{key}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [loss for at, part in enumerate(then) for loss in lost(part, now[at], f"{place}[{at}]")]
    return [] if then == now else [f"{place}: {then!r} became {now!r}"]


def shape(path: Path) -> list[tuple[Any, ...]]:
    """The tables, indexes and triggers of a database file, which is not migrated by looking."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(SCHEMA).fetchall()
    connection.close()
    return rows


def test_there_is_a_golden_database_of_every_schema() -> None:
    assert [golden.name for golden in GOLDEN] == [f"schema-{number + 1:04}.db" for number in range(schema.VERSION)], (
        "make the one of today's schema: python -m tests.golden.make"
    )


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.stem)
def test_a_golden_database_is_of_the_schema_that_it_is_named_after(golden: Path, tmp_path: Path) -> None:
    connection = apsw.Connection(str(shutil.copyfile(golden, tmp_path / "copy.db")))
    assert connection.pragma("user_version") == int(golden.stem.rpartition("-")[2])
    connection.close()


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.stem)
def test_a_golden_database_comes_up_to_todays_schema_and_is_sound(golden: Path, root: Path, clock: SetClock) -> None:
    sq = opened(golden, root, clock)

    assert sq.db.rows("PRAGMA user_version") == [(schema.VERSION,)]
    assert sq.db.rows("PRAGMA integrity_check") == [("ok",)]
    assert sq.db.rows("PRAGMA foreign_key_check") == []
    sq.close()


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.stem)
def test_a_golden_database_has_the_shape_of_a_new_one(
    golden: Path, root: Path, clock: SetClock, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    open_new_project(tmp_path / "new", clock).close()
    opened(golden, root, clock).close()

    assert shape(database_of(root)) == shape(database_of(tmp_path / "new"))


def test_the_newest_golden_database_has_the_shape_of_a_new_one_unmigrated(
    root: Path, clock: SetClock, tmp_path: Path
) -> None:
    """A migration that was changed after its golden database was made: what people have would differ."""
    open_new_project(root, clock).close()

    assert shape(shutil.copyfile(GOLDEN[-1], tmp_path / "copy.db")) == shape(database_of(root))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.stem)
def test_everything_reads_as_it_read_then(golden: Path, root: Path, clock: SetClock) -> None:
    sq = opened(golden, root, clock)
    then = with_queue_ids_as_texts(with_cancelled_apart(told_then(golden)))

    assert lost(then, recorded(sq)) == []
    assert "cancelled" in {task["status"] for task in then["tasks"]}
    assert len(then["tasks"]) > 10
    sq.close()


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.stem)
def test_work_goes_on_where_it_was(golden: Path, root: Path, clock: SetClock) -> None:
    sq = opened(golden, root, clock)
    then = told_then(golden)
    newest = max(task["id"] for task in then["tasks"])

    assert add(sq, "new") == [newest + 1]
    line = [*then["lines"]["backend"], newest + 1]
    for task_id in line:
        claim = tasks.claim(sq, "backend", "dora")
        assert claim is not None
        assert claim.task.id == task_id
        tasks.complete(sq, task_id, "done", attempt=claim.task.attempts)
    running = next(task for task in then["tasks"] if task["status"] == "running")
    assert tasks.complete(sq, running["id"], "done", attempt=running["attempts"]).task.status == "succeeded"
    sq.close()
