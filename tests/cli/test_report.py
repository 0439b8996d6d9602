"""`sparkq report`: what happened, for a person, as Markdown, and for programs."""

import pytest

from sparkq_core import inbox, project, tasks
from sparkq_core.clock import SystemClock, date
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds


@pytest.fixture
def worked(sq: SparkQ) -> SparkQ:
    """#1 done and reviewed, #2 failed."""
    add(sq, "# Fix the parser", "two")
    for task in (1, 2):
        take(sq, task_id=task)
    tasks.complete(sq, 1, "It was the comma.\nMore.")
    tasks.fail(sq, 2, "no way")
    inbox.review(sq, 1)
    return sq


@holds("command-report")
def test_each_result_is_a_line_with_what_it_says(shell: Shell, worked: SparkQ) -> None:
    lines = shell.sparkq("report", "--since", "1h").out.splitlines()

    assert "1 done, 1 failed. 1 reviewed." in lines[0]
    assert any("#1  done  Fix the parser" in line for line in lines)
    assert any(line.strip() == "It was the comma." for line in lines)
    assert any("#2  failed  two" in line for line in lines)


def test_markdown_is_ready_to_be_pasted(shell: Shell, worked: SparkQ) -> None:
    out = shell.sparkq("report", "--since", "1h", "--markdown").out

    assert out.startswith("# ")
    assert "## backend\n\n1 done, 1 failed.\n\n- " in out
    assert "#2 two, **failed** (" in out


def test_programs_get_everything(shell: Shell, worked: SparkQ) -> None:
    facts = shell.facts("report", "--since", "1h")

    assert (facts["succeeded"], facts["failed"], facts["reviewed"]) == (1, 1, 1)
    assert [line["id"] for line in facts["ended"]] == [2, 1]


def test_a_time_in_which_nothing_ended_says_so(shell: Shell, worked: SparkQ) -> None:
    assert "Nothing ended. 0 reviewed." in shell.sparkq("report", "--day", "2020-02-29").out


def _done_yesterday(shell: Shell) -> str:
    """Finish another task a day ago, and return the date of that day."""
    clock = SetClock(SystemClock().now())
    clock.move(-24 * HOUR)
    earlier = project.open(shell.folder, env={}, clock=clock)
    add(earlier, "three")
    take(earlier, task_id=3)
    tasks.complete(earlier, 3, "long ago")
    earlier.close()
    return date(clock.now())


@pytest.mark.parametrize("command", ["report", "stats"])
def test_since_a_day_is_until_now_and_a_day_is_that_day_only(shell: Shell, worked: SparkQ, command: str) -> None:
    day = _done_yesterday(shell)

    for since in (day, "yesterday"):
        assert shell.facts(command, "--since", since)["succeeded"] == 2
    for only in (day, "yesterday"):
        assert shell.facts(command, "--day", only)["succeeded"] == 1
    assert shell.facts(command, "--day", "today")["succeeded"] == 1


@pytest.mark.parametrize("command", ["report", "stats"])
def test_a_day_that_has_not_come_is_refused(shell: Shell, worked: SparkQ, command: str) -> None:
    for option in ("--since", "--day"):
        said = shell.refused(2, command, option, "2099-01-01")
        assert "'2099-01-01' has not come yet." in said
        assert "today, yesterday" in said


@pytest.mark.parametrize("command", ["report", "stats"])
def test_a_day_is_neither_an_age_nor_given_beside_a_begin(shell: Shell, worked: SparkQ, command: str) -> None:
    assert "'8h' is not a day." in shell.refused(2, command, "--day", "8h")
    assert "cannot be given together" in shell.refused(2, command, "--day", "today", "--since", "8h")


def test_a_begin_before_all_clocks_is_all_of_time(shell: Shell, worked: SparkQ) -> None:
    assert shell.facts("report", "--since", "999999d")["succeeded"] == 1


@pytest.mark.parametrize("time", ["tomorrow", "2026-13-01", "8x", "", "2026-02-30"])
def test_other_times_are_refused(shell: Shell, worked: SparkQ, time: str) -> None:
    assert "is not a time" in shell.refused(2, "report", "--since", time)


def test_an_unknown_queue_is_refused(shell: Shell, worked: SparkQ) -> None:
    shell.refused(3, "report", "--queue", "bakend")
