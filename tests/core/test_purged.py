"""What a purged task leaves: one line that says how it ended, and nothing where the project wants none."""

from pathlib import Path

import pytest

from sparkq_core import inbox, purged, queues, report, search, statistics, tasks
from sparkq_core.clock import day
from sparkq_core.errors import NoSuchTask
from sparkq_core.installation import export, importer
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.purged import EXCERPT, Line
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, claimed_task, timed_out_task
from tests.promises import holds

DAYS = 24 * HOUR


def purged_now(sq: SparkQ) -> dict[int, Line]:
    """Purge every finished task; the lines that are left."""
    purge.purge(sq, older_than=0, unreviewed=0)
    return lines_in(sq)


def lines_in(sq: SparkQ) -> dict[int, Line]:
    """Return the lines of a project with a few tasks."""
    return {task: line for task in range(1, 10) if (line := purged.of_task(sq.db, task)) is not None}


@holds("purge-lines")
def test_a_line_says_what_it_was_and_how_it_ended(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq, "Fix the parser\n\nIt loses the year.")
    tasks.complete(sq, task.id, "Fixed in dates.py.\nAll tests pass.")
    with sq.db.write() as tx:
        tx.run("UPDATE attempts SET git_after = :git", {"git": '{"files": 3, "insertions": 40, "deletions": 12}'})
    inbox.review(sq, task.id)
    finished = clock.now()
    clock.move(4 * DAYS)

    assert purged_now(sq) == {
        task.id: Line(
            id=task.id,
            queue=queue,
            title="Fix the parser",
            status="succeeded",
            error_type=None,
            excerpt="Fixed in dates.py.\nAll tests pass.",
            change='{"files": 3, "insertions": 40, "deletions": 12}',
            attempts=1,
            finished_at=finished,
            reviewed_at=finished,
            purged_at=clock.now(),
        )
    }


@holds("purge-lines")
def test_a_line_keeps_the_words_that_say_most(sq: SparkQ, queue: str, clock: SetClock) -> None:
    long, failed, cancelled = claimed_task(sq, "long"), claimed_task(sq, "failed"), add(sq, "cancelled")[0]
    tasks.complete(sq, long.id, "é" * EXCERPT)
    tasks.fail(sq, failed.id, "trace\n" * 200 + "ValueError: no year", error_type="gave_up")
    tasks.cancel(sq, cancelled, "not needed")
    late = timed_out_task(sq, clock)
    with pytest.raises(Exception, match="no longer holds"):
        tasks.complete(sq, late.id, "late but right", attempt=1)
    tasks.accept(sq, late.id)
    clock.move(1)

    lines = purged_now(sq)

    assert lines[long.id].excerpt == "é" * (EXCERPT // 2)
    assert lines[failed.id].excerpt.endswith("ValueError: no year")
    assert (lines[failed.id].error_type, len(lines[failed.id].excerpt)) == ("gave_up", EXCERPT - 1)
    assert (lines[cancelled].status, lines[cancelled].excerpt) == ("cancelled", "")
    assert lines[late.id].excerpt == "late but right"


@holds("purge-lines")
def test_the_refusal_of_a_purged_id_says_when_it_went_and_how_it_had_ended(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    done, failed = claimed_task(sq), claimed_task(sq, "two")
    tasks.complete(sq, done.id, "done")
    inbox.review(sq, done.id)
    tasks.fail(sq, failed.id, "boom")
    clock.move(1)
    purged_now(sq)

    said = {}
    for task_id in (done.id, failed.id, failed.id + 1):
        with pytest.raises(NoSuchTask) as refusal:
            tasks.detail(sq, task_id)
        said[task_id] = f"{refusal.value.message} {refusal.value.hint}"

    today = day(clock.now())
    assert said[1].startswith(f"#1 was purged on {today}; it had succeeded. Only its line is left.")
    assert said[2].startswith(f"#2 was purged on {today}; it had failed and was not reviewed.")
    assert said[3] == "There is no task #3. Ids go up to #2."


@holds("purge-lines")
def test_a_project_that_wants_no_lines_keeps_none(sq: SparkQ, queue: str, clock: SetClock) -> None:
    tasks.complete(sq, claimed_task(sq).id, "before")
    clock.move(1)
    assert len(purged_now(sq)) == 1
    (sq.config.root / "sparkq.yml").write_text("purge: {keep_lines: false}\n")
    discreet = second_handle(sq)
    tasks.complete(discreet, claimed_task(discreet, "two").id, "after")
    clock.move(1)

    assert purged_now(discreet) == {}
    assert sq.db.rows("SELECT rowid FROM search") == []
    with pytest.raises(NoSuchTask, match="no longer exists"):
        tasks.get(discreet, 1)
    discreet.close()


@holds("purge-lines")
@pytest.mark.parametrize("follows", [False, True], ids=["alone", "and another queue takes its old name"])
def test_the_lines_of_a_queue_have_its_new_name(sq: SparkQ, queue: str, clock: SetClock, follows: bool) -> None:
    for name in (queue, "docs"):
        if name != queue:
            queues.create(sq, name)
        tasks.complete(sq, claimed_task(sq, "parser", queue=name).id, "done")
    clock.move(1)
    purged_now(sq)
    queues.rename(sq, queue, "api")
    if follows:
        queues.create(sq, queue)

    until = clock.now() + 1
    for name, count in (("api", 1), ("docs", 1), *([(queue, 0)] if follows else [])):
        assert report.of(sq, 0, until, queue=name).tally.total == count
        assert statistics.of(sq, until - HOUR, until, queue=name).total.succeeded == count
        assert len(search.find_page(sq, "parser", tasks.Wanted(queue=name)).purged) == count
    assert {name: tally.total for name, tally in report.of(sq, 0, until).queues.items() if tally.total} == {
        "api": 1,
        "docs": 1,
    }
    assert [line.queue for line in lines_in(sq).values()] == ["api", "docs"]


def test_only_the_newest_lines_are_kept(
    sq: SparkQ, queue: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purged, "MAX_LINES", 3)
    for _ in range(5):
        tasks.complete(sq, claimed_task(sq).id, "done")
    clock.move(1)

    assert list(purged_now(sq)) == [3, 4, 5]


def test_lines_move_with_an_export(sq: SparkQ, queue: str, clock: SetClock, tmp_path: Path) -> None:
    tasks.complete(sq, claimed_task(sq).id, "done")
    clock.move(1)
    lines = purged_now(sq)
    (tmp_path / "new").mkdir()
    new = open_new_project(tmp_path / "new", clock)

    importer.load(new, list(export.export(sq)))

    assert lines_in(new) == lines
    assert search.find_page(new, "done").purged == tuple(lines.values())
    new.close()
