"""The inbox: what finished while nobody looked, each result once, until somebody has seen it."""

from collections.abc import Callable

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import ClaimLost, InvalidValue, NoSuchQueue
from sparkq_core.inbox import SUMMARY
from sparkq_core.model import Inbox, Since
from sparkq_core.project import SparkQ
from tests.core.inbox_steps import done, entry, failed, late, waits
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task, take, timed_out_task
from tests.promises import holds

Pages = Callable[..., Inbox]


def test_an_empty_project_has_an_empty_inbox(sq: SparkQ) -> None:
    assert inbox.unreviewed(sq) == ((), 0, None)
    assert inbox.since_last_look(sq) == (None, ())


@holds("cancel")
def test_what_has_finished_and_was_not_cancelled_is_in_the_inbox(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "waits")
    claimed_task(sq, "runs")
    released = claimed_task(sq, "given back")
    tasks.release(sq, released.id)
    (cancelled,) = add(sq, "cancelled")
    tasks.cancel(sq, cancelled)
    finished = [done(sq), failed(sq)]

    page = inbox.unreviewed(sq)

    assert sorted(task.task.id for task in page.tasks) == finished
    assert page.total == 2
    assert inbox.since_last_look(sq) == (None, (Since(queue, succeeded=1, failed=1, timed_out=0, late=0),))


def test_a_task_that_is_past_its_time_is_in_the_inbox_although_nobody_swept(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task = claimed_task(sq, timeout=60)
    clock.move(60)
    inbox.unreviewed(sq)
    clock.move(60)

    assert waits(sq) == [task.id]
    assert inbox.since_last_look(sq)[1] == (Since(queue, 0, 0, 1, 0),)


def test_the_oldest_outcome_comes_first_and_the_newest_last(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = add(sq, "one", "two", "three")
    for task_id in ids:
        take(sq, task_id=task_id)
    order = [ids[2], ids[0], ids[1]]
    for task_id in order:
        clock.move(1)
        tasks.complete(sq, task_id, "done")

    assert waits(sq) == order
    assert [finished.task.id for finished in inbox.newest(sq)] == order[::-1]
    assert [finished.task.id for finished in inbox.newest(sq, limit=2)] == order[:0:-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_pages_go_on_to_the_end_without_gap_or_double(sq: SparkQ, queue: str, clock: SetClock, limit: int) -> None:
    """Several outcomes in the same millisecond too."""
    ids = []
    for number in range(7):
        ids.append(done(sq))
        clock.move(number % 2)
    seen_ids: list[int] = []
    cursor = None
    while True:
        page = inbox.unreviewed(sq, limit=limit, cursor=cursor)
        assert page.total == 7
        seen_ids += [each.task.id for each in page.tasks]
        cursor = page.next
        if cursor is None:
            break

    assert seen_ids == ids


def test_paging_goes_on_where_it_was_although_tasks_are_reviewed_and_arrive(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    ids = []
    for _ in range(4):
        ids.append(done(sq))
        clock.move(1)
    first = inbox.unreviewed(sq, limit=2)
    for task_id in ids[:2]:
        inbox.review(sq, task_id)
    arrived = done(sq)

    rest = inbox.unreviewed(sq, limit=10, cursor=first.next)

    assert [task.task.id for task in rest.tasks] == [*ids[2:], arrived]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", ".1", "1.2.3", "1.x", "９.1", f"{2**63}.1", "1. 2"])
def test_an_invalid_cursor_is_refused(sq: SparkQ, cursor: str) -> None:
    with pytest.raises(InvalidValue, match="not a cursor"):
        inbox.unreviewed(sq, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_1_to_1000_tasks(sq: SparkQ, limit: int) -> None:
    with pytest.raises(InvalidValue, match="is not possible"):
        inbox.unreviewed(sq, limit=limit)


def test_a_queue_has_its_own_inbox(sq: SparkQ, queue: str) -> None:
    queues.create(sq, "docs")
    here, there = done(sq), done(sq, queue="docs")

    assert (waits(sq, queue="docs"), waits(sq, queue=queue), waits(sq)) == ([there], [here], [here, there])
    assert inbox.unreviewed(sq, queue="docs").total == 1
    assert [finished.task.id for finished in inbox.newest(sq, queue="docs")] == [there]


def test_an_unknown_queue_is_refused(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NoSuchQueue, match="backnd"):
        inbox.unreviewed(sq, queue="backnd")
    with pytest.raises(NoSuchQueue):
        inbox.newest(sq, queue="backnd")


def test_work_of_an_archived_queue_still_waits_for_review(sq: SparkQ, queue: str) -> None:
    task_id = done(sq)
    queues.archive(sq, queue)

    assert waits(sq) == waits(sq, queue=queue) == [task_id]


def test_a_summary_is_the_beginning_of_the_result(sq: SparkQ, queue: str) -> None:
    text = "Zoë 🎉\n" + "x" * 2000
    task_id = done(sq, text)

    assert entry(sq, task_id).summary == text[:SUMMARY]
    assert inbox.newest(sq)[0].summary == text[:SUMMARY]


def test_a_summary_of_a_failure_is_its_error(sq: SparkQ, queue: str, clock: SetClock) -> None:
    assert entry(sq, failed(sq, "The database is missing")).summary == "The database is missing"
    assert "ann was silent for" in entry(sq, timed_out_task(sq, clock).id).summary


def test_a_summary_of_a_failure_is_the_end_of_its_error_also_when_a_late_result_is_kept(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq, "noise\n" * SUMMARY + "The database is missing")
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "done after all", attempt=1)

    assert entry(sq, task_id).summary.endswith("The database is missing")


def test_a_summary_is_of_the_last_attempt(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq, "the first error")
    tasks.requeue(sq, task_id)
    take(sq)
    tasks.complete(sq, task_id, "the second result")

    assert entry(sq, task_id).summary == "the second result"


def test_a_cancelled_task_that_came_back_waits_for_review_like_any_other(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    tasks.cancel(sq, task_id)
    tasks.requeue(sq, task_id)
    take(sq)
    tasks.complete(sq, task_id, "done after all")

    assert entry(sq, task_id).summary == "done after all"


def test_a_late_result_is_shown_and_marked(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task_id = late(sq, clock, "finished after all")

    assert entry(sq, task_id).late_text == "finished after all"
    assert "was silent for" in entry(sq, task_id).summary


def test_a_late_failure_is_shown_as_one(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "gave up", attempt=1)

    assert (entry(sq, task.id).late_text, entry(sq, task.id).task.late_outcome) == ("gave up", "failed")


def test_of_a_long_late_text_the_beginning_of_a_result_and_the_end_of_an_error_is_shown(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task_id = late(sq, clock, "first" + "x" * SUMMARY)
    assert entry(sq, task_id).late_text == "first" + "x" * (SUMMARY - 5)
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task_id, "x" * SUMMARY + "last", attempt=1)

    assert entry(sq, task_id).late_text == "x" * (SUMMARY - 4) + "last"


def test_what_was_said_later_does_not_hide_the_result_that_counts(sq: SparkQ, queue: str) -> None:
    """The second word is kept on the attempt; the outcome that counts is the first one, also in the inbox."""
    task_id = done(sq, "the result")
    tasks.complete(sq, task_id, "another result", attempt=1)

    assert entry(sq, task_id).summary == "the result"


def test_what_was_said_later_does_not_hide_the_error_that_counts(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq, "The database is missing")
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "all is well", attempt=1)

    assert (entry(sq, task_id).summary, entry(sq, task_id).late_text) == ("The database is missing", "all is well")


def test_before_the_first_look_the_counts_are_those_of_everything(sq: SparkQ, queue: str, clock: SetClock) -> None:
    queues.create(sq, "docs")
    queues.create(sq, "empty")
    done(sq, queue="docs")
    failed(sq)
    late(sq, clock)
    timed_out_task(sq, clock)
    requeued, cancelled, runs = (late(sq, clock) for _ in range(3))
    for task_id in (requeued, cancelled, runs):
        tasks.requeue(sq, task_id)
        with pytest.raises(ClaimLost):
            tasks.complete(sq, task_id, "later still", attempt=1)
    tasks.cancel(sq, cancelled)
    take(sq, task_id=runs)
    reviewed = failed(sq)
    inbox.review(sq, reviewed)
    everything = tuple(Since(*row) for row in sq.db.rows(inbox.SINCE, {"since": 0}))

    assert inbox.since_last_look(sq) == (None, everything)
    assert [counts.queue for counts in everything] == [queue, "docs"]
    assert all(sum(counts) > 0 for counts in zip(*(counts[1:] for counts in everything), strict=True))


@pytest.mark.parametrize("pages", [inbox.unreviewed, inbox.latest])
def test_the_inbox_of_one_queue_has_all_of_it(sq: SparkQ, queue: str, pages: Pages) -> None:
    queues.create(sq, "docs")
    queues.create(sq, "empty")
    finished = [done(sq, queue=name) for name in (queue, "docs", queue, "docs", "docs")]

    assert sorted(task.task.id for task in pages(sq, queue="docs").tasks) == [finished[1], *finished[3:]]
    assert pages(sq, queue="docs", limit=2).total == 3
    assert pages(sq, queue="empty") == ((), 0, None)


def test_a_late_text_is_counted_since_the_last_look_and_its_outcome_is_not_again(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task_id = failed(sq)
    inbox.review(sq, task_id)
    clock.move(10)
    inbox.look(sq)
    clock.move(10)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "all is well", attempt=1)

    assert inbox.since_last_look(sq)[1] == (Since(queue, succeeded=0, failed=0, timed_out=0, late=1),)


def test_since_the_beginning_each_queue_counts_how_its_work_ended(sq: SparkQ, queue: str, clock: SetClock) -> None:
    queues.create(sq, "docs")
    queues.create(sq, "idle")
    done(sq)
    done(sq)
    failed(sq)
    late(sq, clock)
    timed_out_task(sq, clock)
    done(sq, queue="docs")

    moment, counts = inbox.since_last_look(sq)

    assert moment is None
    assert counts == (Since(queue, 2, 1, 2, 1), Since("docs", 1, 0, 0, 0))


@holds("timeouts-are-no-failures")
def test_a_timeout_is_not_counted_as_a_failure_of_the_worker(sq: SparkQ, queue: str, clock: SetClock) -> None:
    timed_out_task(sq, clock)

    assert inbox.since_last_look(sq)[1] == (Since(queue, succeeded=0, failed=0, timed_out=1, late=0),)


def test_after_a_look_only_what_ended_since_is_counted(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq)
    clock.move(10)
    inbox.look(sq)
    looked = clock.now()
    assert inbox.since_last_look(second_handle(sq)) == (looked, ())

    clock.move(0.001)
    failed(sq)

    assert inbox.since_last_look(sq) == (looked, (Since(queue, 0, 1, 0, 0),))
    assert inbox.unreviewed(sq).total == 2, "looking is not reviewing"


def test_what_was_reviewed_is_not_counted_since_the_last_look(sq: SparkQ, queue: str) -> None:
    task_id = done(sq)
    failed(sq)
    inbox.review(sq, task_id)

    assert inbox.since_last_look(sq)[1] == (Since(queue, 0, 1, 0, 0),)
