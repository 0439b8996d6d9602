"""Reviewing what has finished: each outcome as it was shown, several at once or none."""

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import ClaimLost, NoSuchTask, Unseen, WrongState
from sparkq_core.model import Seen
from sparkq_core.project import SparkQ
from tests.core.inbox_steps import done, failed, late, seen, waits
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task, take, timed_out_task, timeline
from tests.promises import holds


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
        inbox.accept_all(sq, [*shown, *(Seen(number, 1) for number in range(100, 112))])
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
    with pytest.raises(
        Unseen, match=f"#{bad} was done again meanwhile: it has succeeded .attempt 2 of ann., .* attempt 1"
    ):
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
