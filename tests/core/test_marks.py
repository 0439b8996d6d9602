"""The background purge deletes nothing at one look of the clock, and says what goes before it goes."""

import logging

import pytest

from sparkq_core import inbox, observed, purged, queues, tasks
from sparkq_core.clock import DAY
from sparkq_core.errors import ClaimLost
from sparkq_core.maintenance import marks, purge
from sparkq_core.maintenance.purge import Purged, Turn
from sparkq_core.maintenance.rounds import upkeep
from sparkq_core.project import SparkQ
from sparkq_core.purged import News
from tests.harness.clocks import HOUR, SECOND, RunningClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import claimed_task, take
from tests.promises import holds

DAYS = 24 * HOUR


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock()


def done(sq: SparkQ, *, reviewed: bool = False) -> int:
    """The id of a task that has just succeeded."""
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "did it")
    if reviewed:
        inbox.review(sq, task.id)
    return task.id


def left(sq: SparkQ) -> list[int]:
    return sorted(task.id for task in tasks.list_page(sq).tasks)


def runs(clock: RunningClock, *handles: SparkQ, hours: float, step: float = 600) -> None:
    """Let processes run so long, each with a round at every step."""
    for _ in range(round(hours * HOUR / step)):
        clock.run(step)
        for handle in handles:
            upkeep(handle)


def observed_ms(sq: SparkQ) -> int:
    ((observed,),) = sq.db.rows("SELECT observed_ms FROM project")
    return int(observed)


@holds("purge-one-look")
def test_a_clock_that_is_wrong_for_a_moment_deletes_and_marks_nothing(
    sq: SparkQ, queue: str, clock: RunningClock
) -> None:
    kept = [done(sq), done(sq, reviewed=True)]

    for _ in range(3):
        clock.move(40 * DAYS)
        runs(clock, sq, hours=30 / HOUR, step=5)
        assert purged.news(sq).next_unreviewed == 1
        clock.move(-40 * DAYS)
        upkeep(sq)

    assert left(sq) == kept
    assert purged.news(sq) == News()
    assert sq.db.rows("SELECT * FROM purge_marks") == []


@holds("purge-one-look", "purge-is-said")
def test_whoever_comes_back_after_a_month_has_a_day_of_rounds_to_read_what_goes(
    sq: SparkQ, queue: str, clock: RunningClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    other = second_handle(sq)
    task = done(sq)
    clock.move(31 * DAYS)

    upkeep(sq, logging.getLogger("sparkq.tests"))
    news = purged.news(sq)
    assert news == News(next_unreviewed=1, next_at=clock.now() + DAY)
    assert "1 unreviewed task will be purged, the first on" in caplog.text

    runs(clock, sq, other, hours=23.9)
    assert left(sq) == [task]
    assert purged.news(sq) == news, "the date that was said holds"
    runs(clock, sq, other, hours=1.2)

    assert left(sq) == []
    assert purged.news(sq)[2:4] == (0, 1)
    other.close()


@holds("purge-one-look")
def test_a_reviewed_task_waits_for_a_second_look_of_the_clock(sq: SparkQ, queue: str, clock: RunningClock) -> None:
    done(sq, reviewed=True)
    clock.move(3 * DAYS + 1)

    assert purge.purge_in_turn(sq) == Turn(Purged(0, 0))
    runs(clock, sq, hours=0.9)
    assert left(sq) == [1]
    runs(clock, sq, hours=0.2)
    assert left(sq) == []
    assert purged.news(sq) == News(reviewed=1, last_at=purged.news(sq).last_at)


@holds("purge-one-look")
@pytest.mark.parametrize("jump", [HOUR, -HOUR, 40 * DAYS, -40 * DAYS])
def test_a_jump_of_the_clock_is_no_observed_time(sq: SparkQ, queue: str, clock: RunningClock, jump: float) -> None:
    done(sq)
    clock.move(31 * DAYS)
    upkeep(sq)
    before = observed_ms(sq)

    for _ in range(8):
        clock.run(30)
        clock.move(jump)
        upkeep(sq)

    assert observed_ms(sq) - before <= 8 * 30 * SECOND


def test_a_machine_that_slept_or_was_off_has_observed_nothing_meanwhile(
    sq: SparkQ, queue: str, clock: RunningClock
) -> None:
    done(sq)
    clock.move(31 * DAYS)
    upkeep(sq)
    before = observed_ms(sq)

    clock.move(2 * DAYS)  # asleep: only the clock that can be set has gone on
    upkeep(sq)
    assert observed_ms(sq) == before
    clock.run(2 * DAYS)  # no SparkQ ran
    upkeep(sq)
    assert observed_ms(sq) == before + observed.LONGEST_STEP
    clock.ticks, clock.at = 1.0, clock.at + 2 * DAYS * SECOND  # the machine was started again
    upkeep(sq)
    assert observed_ms(sq) == before + observed.LONGEST_STEP


def test_many_processes_do_not_count_the_same_minute_twice(sq: SparkQ, queue: str, clock: RunningClock) -> None:
    others = [second_handle(sq) for _ in range(3)]
    done(sq)
    clock.move(31 * DAYS)
    upkeep(sq)
    before = observed_ms(sq)

    runs(clock, sq, *others, hours=1, step=30)

    assert HOUR * SECOND * 0.9 <= observed_ms(sq) - before <= HOUR * SECOND
    for other in others:
        other.close()


@holds("purge-one-look")
@pytest.mark.parametrize("change", ["late text", "requeue", "archive", "review"])
def test_a_mark_is_void_when_its_task_is_no_longer_the_same(
    sq: SparkQ, queue: str, clock: RunningClock, change: str
) -> None:
    """Also if no round ran in between: a month later the mark of then is as old as it was."""
    task = done(sq)
    clock.move(31 * DAYS)
    upkeep(sq)
    runs(clock, sq, hours=23)
    if change == "late text":
        tasks.complete(sq, task, "other words", attempt=1)
    elif change == "requeue":
        tasks.requeue(sq, task, again=True)
        tasks.fail(sq, take(sq).task.id, "no")
    elif change == "archive":
        queues.archive(sq, queue)
    else:
        inbox.review(sq, task)
    assert purged.news(sq).next_unreviewed == 0
    clock.move(31 * DAYS)

    runs(clock, sq, hours=1.2)

    assert (task in left(sq)) is (change != "review"), "a reviewed task goes at the second look"
    assert purged.news(sq).next_unreviewed == (change in ("late text", "requeue"))


def test_where_no_task_is_marked_time_is_not_written_down(sq: SparkQ, queue: str, clock: RunningClock) -> None:
    done(sq)
    upkeep(sq)
    other = second_handle(sq)
    before = other.version()

    runs(clock, sq, hours=0.9, step=30)

    assert other.version() == before
    other.close()


def test_what_has_news_while_the_purge_runs_stays(
    sq: SparkQ, queue: str, clock: RunningClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = done(sq, reviewed=True)
    clock.move(4 * DAYS)
    upkeep(sq)
    runs(clock, sq, hours=0.9)
    ripe = marks.ripe

    def ripe_then_news(*values: object) -> list[int]:
        found = ripe(*values)  # type: ignore[arg-type]  # as it was called
        with pytest.raises(ClaimLost):
            tasks.fail(second_handle(sq), task, "that was wrong", attempt=1)
        return found

    monkeypatch.setattr(marks, "ripe", ripe_then_news)
    runs(clock, sq, hours=0.2)

    assert left(sq) == [task]
