"""The inbox: what finished while nobody looked, each result once, until somebody has seen it."""

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import ClaimLost, InvalidValue, NoSuchQueue, NoSuchTask, Unseen, WrongState
from sparkq_core.inbox import SUMMARY
from sparkq_core.model import Finished, Seen, Since
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task, take, timed_out_task, timeline
from tests.promises import holds


def waits(sq: SparkQ, *, queue: str | None = None) -> list[int]:
    """The ids in the inbox, in its order."""
    return [one.task.id for one in inbox.unreviewed(sq, queue=queue, limit=1000).tasks]


def seen(sq: SparkQ) -> list[Seen]:
    """What the inbox shows to the person now."""
    return [one.seen for one in inbox.unreviewed(sq).tasks]


def entry(sq: SparkQ, task_id: int) -> Finished:
    """A task as the inbox shows it."""
    return next(one for one in inbox.unreviewed(sq).tasks if one.task.id == task_id)


def done(sq: SparkQ, result: str = "done", *, queue: str = "backend") -> int:
    """The id of a task that has just succeeded."""
    (task_id,) = add(sq, "one", queue=queue)
    take(sq, queue=queue, task_id=task_id)
    tasks.complete(sq, task_id, result)
    return task_id


def failed(sq: SparkQ, error: str = "boom") -> int:
    """The id of a task that has just failed."""
    task = claimed_task(sq)
    tasks.fail(sq, task.id, error)
    return task.id


def late(sq: SparkQ, clock: SetClock, result: str = "late") -> int:
    """The id of a task that timed out and whose result came then."""
    task = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task.id, result, attempt=1)
    return task.id


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

    found = inbox.unreviewed(sq)

    assert sorted(one.task.id for one in found.tasks) == finished
    assert found.total == 2
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
    assert [one.task.id for one in inbox.newest(sq)] == order[::-1]
    assert [one.task.id for one in inbox.newest(sq, limit=2)] == order[:0:-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_pages_go_on_to_the_end_without_gap_or_double(sq: SparkQ, queue: str, clock: SetClock, limit: int) -> None:
    """Several outcomes in the same millisecond too."""
    ids = []
    for number in range(7):
        ids.append(done(sq))
        clock.move(number % 2)
    found: list[int] = []
    cursor = None
    while True:
        page = inbox.unreviewed(sq, limit=limit, cursor=cursor)
        assert page.total == 7
        found += [one.task.id for one in page.tasks]
        cursor = page.next
        if cursor is None:
            break

    assert found == ids


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

    assert [one.task.id for one in rest.tasks] == [*ids[2:], arrived]


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
    assert [one.task.id for one in inbox.newest(sq, queue="docs")] == [there]


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

    assert (entry(sq, task_id).late, entry(sq, task_id).summary) == (True, "finished after all")


def test_a_late_failure_is_nothing_to_accept(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task.id, "gave up", attempt=1)

    assert entry(sq, task.id).late is False


def test_what_was_said_later_does_not_hide_the_result_that_counts(sq: SparkQ, queue: str) -> None:
    """The second word is kept on the attempt; the outcome that counts is the first one, also in the inbox."""
    task_id = done(sq, "the result")
    tasks.complete(sq, task_id, "another result", attempt=1)

    assert entry(sq, task_id).summary == "the result"


def test_what_was_said_later_does_not_hide_the_error_that_counts(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq, "The database is missing")
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "all is well", attempt=1)

    assert (entry(sq, task_id).summary, entry(sq, task_id).late) == ("The database is missing", False)


@holds("review")
def test_a_reviewed_task_leaves_the_inbox_and_stays_what_it_was(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task_id = failed(sq)
    clock.move(5)

    reviewed = inbox.review(sq, task_id)

    assert waits(sq) == []
    assert inbox.unreviewed(sq).total == 0
    assert (reviewed.status, reviewed.reviewed_at) == ("failed", clock.now())
    assert timeline(sq, task_id)[-1] == "reviewed"


def test_a_second_review_changes_nothing(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task_id = done(sq)
    first = inbox.review(sq, task_id)
    before = all_rows(sq)
    clock.move(60)

    assert inbox.review(second_handle(sq), task_id) == first
    assert all_rows(sq) == before


def test_what_has_not_finished_cannot_be_reviewed(sq: SparkQ, queue: str) -> None:
    (queued,) = add(sq, "waits")
    running = claimed_task(sq, "runs").id
    before = all_rows(sq)

    for task_id, status in ((queued, "queued"), (running, "running")):
        with pytest.raises(WrongState, match=f"#{task_id} has not finished: it is {status}"):
            inbox.review(sq, task_id)
    assert all_rows(sq) == before


@pytest.mark.parametrize("task_id", [0, -1, 2, 2**63 - 1, 2**63, 10**30])
def test_a_task_that_never_was_cannot_be_reviewed(sq: SparkQ, queue: str, task_id: int) -> None:
    done(sq)

    with pytest.raises(NoSuchTask):
        inbox.review(sq, task_id)


def test_of_several_that_are_reviewed_at_once_one_refused_marks_none(sq: SparkQ, queue: str) -> None:
    ids = [done(sq), failed(sq)]

    with pytest.raises(NoSuchTask):
        inbox.review_all(sq, [*ids, 99])
    assert waits(sq) == ids
    assert [task.id for task in inbox.review_all(sq, ids)] == ids
    assert waits(sq) == []


def test_to_accept_takes_a_late_result_and_leaves_every_other_outcome(sq: SparkQ, queue: str, clock: SetClock) -> None:
    good, bad, came_late = done(sq), failed(sq), late(sq, clock, "finished after all")
    silent = timed_out_task(sq, clock).id

    accepted = inbox.accept_all(sq, seen(sq))

    assert [task.id for task in accepted] == [good, bad, came_late, silent]
    assert [task.status for task in accepted] == ["succeeded", "failed", "succeeded", "failed"]
    assert all(task.reviewed_at == clock.now() for task in accepted)
    assert waits(sq) == []
    assert timeline(sq, came_late)[-1] == "accepted"


def test_a_second_acceptance_changes_nothing(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = [done(sq), late(sq, clock)]
    shown = seen(sq)
    first = inbox.accept_all(sq, shown)
    before = all_rows(sq)
    clock.move(60)

    assert [task.id for task in first] == ids
    assert inbox.accept_all(sq, shown) == first
    assert all_rows(sq) == before


def test_of_several_that_are_accepted_at_once_those_refused_are_named_and_none_is(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    done(sq), late(sq, clock)
    shown = seen(sq)
    (queued,) = add(sq, "waits")
    before = all_rows(sq)

    with pytest.raises(WrongState) as refusal:
        inbox.accept_all(sq, [*shown, Seen(queued, 0), Seen(99, 1)])
    assert refusal.value.message == (
        f"None of the 4 tasks is accepted, because of #{queued}, #99. #{queued} has not finished: it is queued."
    )
    with pytest.raises(NoSuchTask, match=r"because of #100, .*#109 and 2 more\. There is no task #100\.$"):
        inbox.accept_all(sq, [*shown, *(Seen(one, 1) for one in range(100, 112))])
    with pytest.raises(WrongState, match=f"^#{queued} has not finished"):
        inbox.accept_all(sq, [Seen(queued, 0)])
    assert all_rows(sq) == before


def test_a_result_that_came_late_or_was_redone_after_the_look_is_not_accepted(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    silent, bad, good = timed_out_task(sq, clock).id, failed(sq), done(sq)
    shown = seen(sq)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, silent, "nobody has read this", attempt=1)
    tasks.requeue(sq, bad)
    take(sq)
    tasks.complete(sq, bad, "nor this")
    before = all_rows(sq)

    with pytest.raises(Unseen) as refusal:
        inbox.accept_all(sq, shown)

    assert refusal.value.message.startswith(
        f"None of the 3 tasks is accepted, because of #{silent}, #{bad}. #{silent} has a late result"
    )
    assert refusal.value.hint == f"Look again, or leave out #{silent}, #{bad} and accept the others."
    with pytest.raises(Unseen, match=f"#{bad} was done again meanwhile: attempt 2 has succeeded, .* attempt 1"):
        inbox.accept_all(sq, [Seen(bad, 1)])
    assert all_rows(sq) == before
    assert sorted(task.id for task in inbox.accept_all(sq, seen(sq))) == [silent, bad, good]
    assert tasks.get(sq, silent).status == "succeeded"


@holds("review")
def test_a_requeue_takes_it_out_of_the_inbox_and_the_next_outcome_brings_it_back(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id, feedback="again")
    assert waits(sq) == []

    take(sq)
    tasks.complete(sq, task_id, "better")

    assert waits(sq) == [task_id]


def test_a_reviewed_task_that_is_done_again_waits_for_review_again(sq: SparkQ, queue: str) -> None:
    task_id = done(sq)
    inbox.review(sq, task_id)
    tasks.requeue(sq, task_id, again=True)
    take(sq)
    tasks.complete(sq, task_id, "once more")

    assert waits(sq) == [task_id]
    assert tasks.get(sq, task_id).reviewed_at is None


def test_an_accepted_late_result_leaves_the_inbox(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task_id = late(sq, clock)

    tasks.accept(sq, task_id)

    assert waits(sq) == []
    assert inbox.since_last_look(sq)[1] == ()
    assert queues.all_of(sq)[0][1].unreviewed == 0


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
