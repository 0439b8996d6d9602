"""The list of tasks shows since when each is in its state, how long it took, when it finished, and how far it is."""

from collections.abc import Iterator

import pytest

from sparkq_core import project, tasks, times
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take

MINUTE = 60


@pytest.fixture
def earlier(sq: SparkQ, bare: Shell) -> Iterator[tuple[SparkQ, SetClock]]:
    """The project three hours ago."""
    clock = SetClock(SystemClock().now() - 3 * HOUR * 1000)
    opened = project.open(bare.folder, env={}, clock=clock)
    yield opened, clock
    opened.close()


def test_the_age_is_the_time_in_the_present_state(shell: Shell, earlier: tuple[SparkQ, SetClock]) -> None:
    sq, clock = earlier
    add(sq, "waits", "was requeued", "runs", "is done")
    take(sq, task_id=2)
    tasks.fail(sq, 2, "broke")
    take(sq, task_id=4)
    clock.move(65 * MINUTE)
    tasks.complete(sq, 4, "done")
    finished = times.moment(clock.now(), SystemClock().now())
    clock.move(24 * MINUTE + 30)
    tasks.requeue(sq, 2)
    clock.move(HOUR)
    take(sq, task_id=3)

    header, *lines = shell.ok("tasks").splitlines()
    rows = {line.split()[0]: line for line in lines}

    assert header.split() == ["ID", "STATUS", "QUEUE", "TITLE", "AGE", "TOOK", "FINISHED", "WORKER"]
    assert all(part in rows["#4"] for part in ("1 h  ", "1 h 05 min", finished))
    assert "30 min" in rows["#3"]
    assert "  1 h" in rows["#2"]
    assert "  3 h" in rows["#1"]


def test_columns_that_say_nothing_are_left_out(shell: Shell, sq: SparkQ) -> None:
    add(sq, "waits")

    assert shell.ok("tasks").splitlines()[0].split() == ["ID", "STATUS", "QUEUE", "TITLE", "AGE"]


def test_the_last_note_of_a_running_task_is_below_it(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.progress(sq, 1, "step 1 of 5")
    tasks.progress(sq, 1, "step 2 of 5\nthe tests \x1b[31mrun")
    tasks.progress(sq, 1)
    said = "step 2 of 5 the tests \\x1b[31mrun"

    for command in (["tasks"], ["tasks", "--status", "running"], []):
        assert said in shell.ok(*command)
        assert "step 1" not in shell.ok(*command)
    assert f"progress  {said} (" in shell.ok("task", "1")
    tasks.complete(sq, 1, "done")
    assert said not in shell.ok("tasks")
