"""What you are shown about purged tasks, and about those that go next."""

from sparkq_core import inbox, project, tasks
from sparkq_core.clock import SystemClock, day
from sparkq_core.maintenance.purge import purge_in_turn
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SECOND, SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, purge_all, take
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


def purge_one(sq: SparkQ) -> None:
    """Purge a task that succeeded and was reviewed."""
    add(sq, "rename the parser")
    take(sq)
    tasks.complete(sq, 1, "Renamed.\nIt is in lexer.py.\nTests pass.\nNothing is open.")
    inbox.review(sq, 1)
    purge_all(sq)


@holds("purge-is-said")
def test_the_overview_and_the_review_say_what_was_purged(shell: Shell, sq: SparkQ) -> None:
    purge_one(sq)

    for command in ([], ["review", "--list"]):
        assert "1 task purged in the last 7 days, 0 of them unreviewed." in shell.ok(*command)
    news = shell.facts("review", "--list")["purge"]
    assert (news["deleted"], news["unreviewed"], "next_at" in news) == (1, 0, False)


@holds("purge-lines")
def test_a_search_shows_what_is_left_of_a_purged_task(shell: Shell, sq: SparkQ) -> None:
    purge_one(sq)
    today = day(sq.clock.now())

    assert shell.ok("tasks", "--search", "lexer") == (
        f"#1  succeeded, purged on {today}  rename the parser  backend\n"
        "      result: Renamed. It is in lexer.py. Tests pass. Nothing is open.\n"
    )
    assert shell.ok("tasks", "--search", "grammar") == "No tasks match.\n"
    add(sq, "the lexer again")
    both = shell.ok("tasks", "--search", "lexer")
    assert both.index("the lexer again") < both.index("#1  succeeded, purged on ")


@holds("purge-lines")
def test_a_purged_task_is_refused_with_what_is_left_of_it(shell: Shell, sq: SparkQ) -> None:
    purge_one(sq)

    refused = shell.sparkq("task", "1")

    assert refused.code == 3
    assert refused.err.startswith(f"sparkq: #1 was purged on {day(sq.clock.now())}; it had succeeded.\n")
    assert refused.out.startswith("#1  rename the parser\nstatus    succeeded, purged on ")
    assert refused.out.endswith("\n  Renamed.\n  It is in lexer.py.\n  Tests pass.\n  Nothing is open.\n")
