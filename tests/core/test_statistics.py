"""Statistics: attempts that ended by queue and day, how long they took, and what they cost."""

import pytest

from sparkq_core import inbox, queues, statistics, tasks
from sparkq_core.clock import DAY
from sparkq_core.errors import ClaimLost, InvalidValue, NoSuchQueue
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.statistics import Numbers
from sparkq_core.tasks import usage
from tests.harness.clocks import HOUR, SetClock
from tests.harness.task_steps import add, take, timed_out_task
from tests.promises import holds

SECOND = 1000


def work(sq: SparkQ, clock: SetClock, seconds: int, *, queue: str = "backend", fails: bool = False) -> int:
    """A task that takes so long."""
    (task_id,) = add(sq, "work", queue=queue)
    take(sq, queue=queue, task_id=task_id)
    clock.move(seconds)
    (tasks.fail if fails else tasks.complete)(sq, task_id, "words")
    return task_id


@holds("command-stats")
def test_median_and_percentile_are_of_what_was_done(sq: SparkQ, queue: str, clock: SetClock) -> None:
    since = clock.now()
    for seconds in (5, 1, 3, 2, 4, 6, 8, 7, 10, 9):
        work(sq, clock, seconds)
    work(sq, clock, 500, fails=True)

    shown = statistics.of(sq, since, clock.now() + 1)

    assert shown.total == Numbers(10, 1, 0, 5 * SECOND, 9 * SECOND, None)
    assert shown.queues["backend"] == (shown.total, 11)


@holds("command-stats")
def test_each_queue_and_each_day_is_counted_alone(sq: SparkQ, queue: str, clock: SetClock) -> None:
    queues.create(sq, "docs")
    since = clock.now()
    work(sq, clock, 4)
    clock.move(24 * HOUR)
    work(sq, clock, 2, queue="docs")
    inbox.review(sq, 2)

    shown = statistics.of(sq, since, clock.now() + 1)

    assert {name: (each.numbers.succeeded, each.unreviewed) for name, each in shown.queues.items()} == {
        "backend": (1, 1),
        "docs": (1, 0),
    }
    assert [each.succeeded for each in shown.days.values()] == [1, 1]
    assert [each.median_ms for each in shown.days.values()] == [4 * SECOND, 2 * SECOND]
    assert list(statistics.of(sq, since, clock.now() + 1, queue="docs").queues) == ["docs"]


def test_a_timeout_is_not_a_failure_and_a_release_is_neither(sq: SparkQ, queue: str, clock: SetClock) -> None:
    since = clock.now()
    timed_out_task(sq, clock)
    (task_id,) = add(sq, "given back")
    take(sq, task_id=task_id)
    tasks.release(sq, task_id)

    assert statistics.of(sq, since, clock.now() + 1).total == Numbers(timed_out=1)


def test_costs_are_summed_where_they_are_known(sq: SparkQ, queue: str, clock: SetClock) -> None:
    since = clock.now()
    for cost in (0.25, 0.5):
        usage.record(sq, work(sq, clock, 1), usage.Usage("claude-code", None, 1, 0, 1, cost, None))
    work(sq, clock, 1)

    assert statistics.of(sq, since, clock.now() + 1).total.cost_usd == 0.75


def test_purged_tasks_are_counted_without_their_time(sq: SparkQ, queue: str, clock: SetClock) -> None:
    since = clock.now()
    work(sq, clock, 5)
    clock.move(1)
    purge.purge(sq, older_than=0, unreviewed=0)
    work(sq, clock, 3)

    shown = statistics.of(sq, since, clock.now() + 1)
    assert shown.total == Numbers(2, 0, 0, 3 * SECOND, 3 * SECOND, None)
    assert shown.purged == 1


def test_a_queue_without_work_is_named_if_something_waits_there(sq: SparkQ, queue: str, clock: SetClock) -> None:
    queues.create(sq, "quiet")
    work(sq, clock, 1)
    clock.move(2 * HOUR)

    shown = statistics.of(sq, clock.now() - HOUR * SECOND, clock.now())

    assert shown.queues == {"backend": (Numbers(), 1)}
    assert shown.total == Numbers()


def test_a_late_result_of_a_queued_task_waits_too(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    tasks.requeue(sq, task.id)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task.id, "It works after all.", attempt=1)

    shown = statistics.of(sq, clock.now() - 1, clock.now() + 1)
    assert (shown.unreviewed, shown.queues["backend"].unreviewed) == (1, 1)
    assert shown.unreviewed == inbox.unreviewed(sq).total


def test_times_that_cannot_be_are_refused(sq: SparkQ, queue: str, clock: SetClock) -> None:
    with pytest.raises(InvalidValue):
        statistics.of(sq, 5, 5)
    with pytest.raises(InvalidValue, match="366 days"):
        statistics.of(sq, clock.now() - 400 * DAY, clock.now())
    with pytest.raises(NoSuchQueue):
        statistics.of(sq, 0, DAY, queue="nope")
