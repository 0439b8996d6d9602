"""Attempts are in the order in which they ended, whatever the clock showed: it may be set while they run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkq_core import project, queues, stale, tasks
from sparkq_core.changes import branch, sequence, view
from sparkq_core.chats import Caller
from sparkq_core.clock import DAY, SystemClock
from sparkq_core.project import SparkQ
from sparkq_core.tasks import limit
from tests.core.changes.steps import after, append, before, changed, claim, complete, quickly
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import open_new_project
from tests.harness.task_steps import add, claimed_task, take_in_chat, timed_out_task


def work_while_ahead(sq: SparkQ, clock: SetClock, edit: Callable[[], object]) -> None:
    """Work the first task while the clock is a day ahead."""
    clock.move(24 * HOUR)
    work(sq, edit)
    clock.move(-24 * HOUR)


def work(sq: SparkQ, edit: Callable[[], object]) -> None:
    """Work a task."""
    task_id = claim(sq)
    edit()
    complete(sq, task_id)


def test_what_nobody_was_asked_for_is_compared_with_the_last_end(sq: SparkQ, repository: Path, clock: SetClock) -> None:
    work_while_ahead(sq, clock, lambda: append(repository / "one.txt", "of #1\n"))
    work(sq, lambda: append(repository / "two.txt", "of #2\n"))
    append(repository / "three.txt", "mine\n")

    work(sq, lambda: append(repository / "one.txt", "of #3\n"))

    assert before(sq, 3)["between"] == 1


class AheadClock(SystemClock):
    """The machine's clock, which a test sets ahead."""

    ahead = 0

    def now(self) -> int:
        return super().now() + self.ahead


def test_a_worker_that_is_quick_goes_on_from_the_last_end(repository: Path) -> None:
    """What it does before its claim is recorded is compared with the newest tree that was recorded."""
    clock = AheadClock()
    open_new_project(repository).close()
    (repository / "sparkq/.gitignore").write_text("*\n")
    sq = project.open(repository, env={}, clock=clock)
    queues.create(sq, "backend")
    clock.ahead = DAY
    work(sq, lambda: append(repository / "one.txt", "of #1\n"))
    clock.ahead = 0
    work(sq, lambda: append(repository / "two.txt", "of #2\n" * 10))

    quickly(sq, lambda: append(repository / "two.txt", "of #3\n"))

    assert changed(sq, 3) == [("M", "two.txt", 1, 0)]
    sq.close()


def test_a_branch_has_its_commits_in_the_order_of_the_ends(sq: SparkQ, repository: Path, clock: SetClock) -> None:
    work_while_ahead(sq, clock, lambda: (repository / "one.txt").write_text("of #1\n"))
    work(sq, lambda: (repository / "one.txt").write_text("of #2\n"))
    both = [view.of(sq, 2), view.of(sq, 1)]

    made = branch.make(sq, "work", both)

    assert [commit.task for commit in made.commits] == [1, 2]
    assert [change.task for change in view.in_order(sq, both)] == [1, 2]
    assert [other.task for other in branch.others(sq, [view.of(sq, 1)])] == [2]


def test_tasks_that_ran_at_the_same_time_say_so_though_the_clock_was_set_back(
    sq: SparkQ, repository: Path, clock: SetClock
) -> None:
    clock.move(24 * HOUR)
    first = claim(sq)
    clock.move(-24 * HOUR)
    second = claim(sq, worker="bob")
    append(repository / "one.txt", "of either\n")
    complete(sq, second)
    third = claim(sq, worker="bob")
    complete(sq, first)
    complete(sq, third)
    work(sq, lambda: None)

    shared = [after(sq, number).get("shared") for number in (first, second, third, 4)]
    assert shared == [[second, third], [first], [first], None]


def released_at_limit(sq: SparkQ, clock: SetClock) -> None:
    """A chat reaches its usage limit and says nothing when it is over."""
    taken = take_in_chat(sq, Caller("claude-code", session="8d2a"), add(sq, "one")[0])
    assert taken.chat_id is not None
    limit.reached(sq, taken.chat_id)
    clock.move(7 * HOUR)
    stale.sweep(sq)


ENDS: dict[str, Callable[[SparkQ, SetClock], object]] = {
    "complete": lambda sq, _: tasks.complete(sq, claimed_task(sq).id, "done"),
    "fail": lambda sq, _: tasks.fail(sq, claimed_task(sq).id, "no"),
    "release": lambda sq, _: tasks.release(sq, claimed_task(sq).id, "later"),
    "ask": lambda sq, _: tasks.release(sq, claimed_task(sq).id, "later", question="A or B?"),
    "time out": lambda sq, clock: timed_out_task(sq, clock),
    "usage limit": released_at_limit,
}


@pytest.mark.parametrize("end", ENDS)
def test_the_log_knows_each_end_of_an_attempt(sq: SparkQ, clock: SetClock, end: str) -> None:
    ENDS[end](sq, clock)

    assert tasks.detail(sq, 1).attempts[0].outcome is not None
    assert 0 < sequence.begun(sq.db, 1, 1) < sequence.ended(sq.db, 1, 1)


def test_the_log_knows_no_end_of_an_attempt_that_runs(sq: SparkQ) -> None:
    claimed_task(sq)

    assert (sequence.ended(sq.db, 1, 1), sequence.begun(sq.db, 1, 2)) == (0, 0)
