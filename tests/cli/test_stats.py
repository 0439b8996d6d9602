"""`sparkq stats`: numbers by queue and day."""

import pytest

from sparkq_core import inbox, project, queues, tasks
from sparkq_core.clock import SystemClock, date
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds


@pytest.fixture
def worked(sq: SparkQ, bare: Shell) -> int:
    """Yesterday one task of two minutes in backend, and a failure of docs today."""
    clock = SetClock(SystemClock().now())
    earlier = project.open(bare.folder, env={}, clock=clock)
    clock.move(-24 * HOUR)
    queues.create(earlier, "docs")
    add(earlier, "one")
    take(earlier, task_id=1)
    clock.move(120)
    tasks.complete(earlier, 1, "done")
    yesterday = clock.now()
    clock.move(24 * HOUR - 240)
    add(earlier, "two", queue="docs")
    take(earlier, queue="docs", task_id=2)
    tasks.fail(earlier, 2, "broke")
    earlier.close()
    return yesterday


@holds("command-stats")
def test_numbers_are_shown_by_queue_and_by_day(shell: Shell, worked: int) -> None:
    by_queue, by_day, *rest = shell.ok("stats").split("\n\n")

    assert by_queue.splitlines()[0].split() == ["QUEUE", "DONE", "FAILED", "MEDIAN", "P90", "TO", "REVIEW"]
    rows = {line.split()[0]: line.split()[1:] for line in by_queue.splitlines()[1:]}
    assert rows["backend"] == ["1", "2", "min", "2", "min", "1"]
    assert rows["docs"] == ["0", "1", "1"]
    assert rows["all"] == ["1", "1", "2", "min", "2", "min", "2"]
    assert len(by_day.splitlines()) == 9, "the header and eight days, as a week began on the first of them"
    assert any(line.split()[:2] == [date(worked), "1"] for line in by_day.splitlines())
    assert rest == ["2 to review: sparkq review\n"]


def test_programs_get_the_same(shell: Shell, worked: int) -> None:
    facts = shell.facts("stats", "--queue", "backend")

    assert {key: facts[key] for key in ("succeeded", "failed", "timed_out", "median_s", "p90_s", "unreviewed")} == {
        "succeeded": 1, "failed": 0, "timed_out": 0, "median_s": 120.0, "p90_s": 120.0, "unreviewed": 1,
    }  # fmt: skip
    assert [queue["queue"] for queue in facts["queues"]] == ["backend"]
    assert {day["date"]: day["succeeded"] for day in facts["days"]}[date(worked)] == 1


def test_what_purges_took_from_the_numbers_is_said(shell: Shell, sq: SparkQ) -> None:
    clock = SetClock(SystemClock().now() - 2000)
    earlier = project.open(shell.folder, env={}, clock=clock)
    add(earlier, "one")
    take(earlier, task_id=1)
    tasks.complete(earlier, 1, "done")
    inbox.review(earlier, 1)
    clock.move(1)
    purge.purge(earlier, older_than=0)
    earlier.close()

    assert "1 task was purged: its earlier attempts and work time are not counted" in shell.ok("stats")
    assert "1 done. 1 reviewed. 1 task was purged" in shell.ok("report", "--since", "1h")


def test_a_project_without_work_says_so(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("stats") == "Nothing ended in this time, and nothing waits for your review.\n"
    assert "is not a time" in shell.refused(2, "stats", "--since", "soon")
