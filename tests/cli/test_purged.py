"""What you are shown about purged tasks, and about those that go next."""

from sparkq_core import inbox, project, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.maintenance.purge import purge, purge_in_turn
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SECOND, SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds

MONTH = 31 * 24 * HOUR


@holds("purge-is-said")
def test_after_a_month_away_the_unread_result_is_announced_and_still_there(shell: Shell, sq: SparkQ) -> None:
    away = project.open(shell.folder, env={}, clock=SetClock(SystemClock().now() - MONTH * SECOND))
    add(away, "unread")
    take(away)
    tasks.complete(away, 1, "done")
    away.close()

    purge_in_turn(sq)

    assert "1 unread result will be purged, not before " in shell.ok()
    assert shell.facts("review", "--list")["total"] == 1


def test_a_search_says_that_older_tasks_are_purged(shell: Shell, sq: SparkQ) -> None:
    add(sq, "rename the parser")
    take(sq)
    tasks.complete(sq, 1, "done")
    inbox.review(sq, 1)
    assert "older task" not in shell.ok("tasks", "--search", "lexer")

    purge(sq, older_than=0)

    assert "1 task purged in the last 7 days, 0 of them unreviewed." in shell.ok()
    assert "#1 was purged on " in shell.refused(3, "task", "1")
    assert "1 older task left only a line" in shell.ok("tasks", "--search", "lexer")
