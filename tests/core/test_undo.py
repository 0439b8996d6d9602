"""Verdicts are taken back: the task is as it was before, unless something has happened to it since."""

import pytest

from sparkq_core import inbox, queues, tasks, verdicts
from sparkq_core.errors import ClaimLost, NoSuchTask, Purged, WrongState
from sparkq_core.maintenance.purge import purge
from sparkq_core.model import Seen
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from sparkq_core.verdicts import Giver
from tests.core.inbox_steps import done, failed, late, seen, waits
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SECOND, SetClock
from tests.harness.task_steps import add, claimed_task, queued_ids, take, timed_out_task, timeline
from tests.harness.workers import workers
from tests.promises import holds

ROUNDS = 40


def refused(sq: SparkQ, *ids: int) -> WrongState:
    """Why these verdicts cannot be undone; nothing may change."""
    before = all_rows(sq)
    with pytest.raises(WrongState) as refusal:
        undo.unreview(sq, ids)
    assert all_rows(sq) == before
    return refusal.value


def unreviewed_count(sq: SparkQ) -> int:
    return queues.all_of(sq)[0][1].unreviewed


@holds("undo")
def test_an_accepted_task_is_back_at_its_place_in_the_inbox(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = []
    for _ in range(3):
        ids.append(done(sq))
        clock.move(1)
    before = tasks.get(sq, ids[1])
    inbox.accept_all(sq, [Seen(ids[1], 1)])
    assert waits(sq) == [ids[0], ids[2]]

    (undone,) = undo.unreview(sq)

    assert undone == (before, "review")
    assert waits(sq) == ids
    assert unreviewed_count(sq) == 3
    assert timeline(sq, ids[1])[-2:] == ["reviewed", "review undone"]


@holds("undo")
def test_an_accepted_late_result_waits_again_and_its_task_has_its_outcome(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task_id = late(sq, clock)
    before = tasks.get(sq, task_id)
    clock.move(60)
    inbox.accept_all(sq, seen(sq))

    undo.unreview(sq, [task_id])

    assert tasks.get(sq, task_id) == before
    assert before.timed_out
    assert tasks.detail(sq, task_id).attempts[0].accepted_at is None
    assert tasks.accept(sq, task_id).status == "succeeded"


def test_a_queued_task_whose_late_result_was_accepted_is_back_at_its_place_in_line(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task_id = timed_out_task(sq, clock).id
    tasks.requeue(sq, task_id, feedback="again")
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "after all", attempt=1)
    (behind,) = add(sq, "behind")
    tasks.accept(sq, task_id)

    undo.unreview(sq)

    assert queued_ids(sq) == [task_id, behind]
    assert take(sq).feedback == "again"


def test_a_late_text_of_a_queued_task_that_was_seen_is_shown_again(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task_id = timed_out_task(sq, clock).id
    tasks.requeue(sq, task_id)
    with pytest.raises(ClaimLost):
        tasks.fail(sq, task_id, "it broke", attempt=1)
    shown = seen(sq)
    inbox.review(sq, task_id)
    assert waits(sq) == []

    undo.unreview(sq)

    assert seen(sq) == shown


@holds("undo", "place")
@pytest.mark.parametrize("verdict", ["review", "accept"])
def test_a_queued_task_keeps_the_place_that_it_got_since(sq: SparkQ, queue: str, verdict: str) -> None:
    one, two, three = add(sq, *"123")
    take(sq)
    tasks.release(sq, one, attempt=1)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, one, "after all", attempt=1)
    if verdict == "review":
        inbox.review(sq, one)
        tasks.place(sq, [two], before=one)
    else:
        tasks.accept(sq, one)
        tasks.place(sq, [three], before=two)
    expected = [two, one, three] if verdict == "review" else [one, three, two]

    undo.unreview(sq)

    assert queued_ids(sq) == expected
    positions = [tasks.get(sq, task_id).position for task_id in expected]
    assert len(set(positions)) == 3
    assert line_by_pages(sq) == expected
    tasks.to_front(sq, three)
    assert [take(sq).task.id for _ in expected] == [three, *(each for each in expected if each != three)]


def line_by_pages(sq: SparkQ) -> list[int]:
    """The queued tasks, read one by one with the cursors of the list."""
    wanted, ids, cursor = tasks.Wanted(queue="backend", status="queued"), [], None
    while True:
        page = tasks.list_page(sq, wanted, sort="line", limit=1, cursor=cursor)
        ids += [task.id for task in page.tasks]
        cursor = page.next
        if cursor is None:
            return ids


@holds("undo")
def test_a_mistaken_requeue_is_undone_and_the_feedback_with_it(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id, feedback="first")
    take(sq)
    clock.move(9)
    tasks.complete(sq, task_id, "done")
    before = tasks.get(sq, task_id)
    tasks.requeue(sq, task_id, feedback="mistaken", again=True, front=True)

    (undone,) = undo.unreview(sq)

    assert undone == (before, "requeue")
    assert tasks.detail(sq, task_id).feedback == "first"
    assert queued_ids(sq) == []
    assert waits(sq) == [task_id]
    tasks.requeue(sq, task_id, again=True)
    assert take(sq).feedback is None


def test_a_requeue_with_another_prompt_is_undone_and_no_revision_is_lost(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    before = tasks.detail(sq, task_id)
    tasks.requeue(sq, task_id, prompt="another")

    undo.unreview(sq)

    detail = tasks.detail(sq, task_id)
    assert (detail.prompt, detail.task.title) == (before.prompt, before.task.title)
    assert [prompt.text for prompt in tasks.prompts(sq, task_id)] == [before.prompt, "another", before.prompt]
    tasks.requeue(sq, task_id, prompt="a third")
    assert take(sq).prompt == "a third"


@holds("undo")
def test_a_requeue_cannot_be_undone_once_it_was_claimed(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id)
    take(sq, "bob")

    assert refused(sq).message == f"The requeue of #{task_id} cannot be undone: bob claimed it since."
    tasks.release(sq, task_id)
    assert "bob claimed it since" in refused(sq, task_id).message


def test_what_has_changed_since_is_not_undone(sq: SparkQ, queue: str, clock: SetClock) -> None:
    edited, cancelled, silent = failed(sq), failed(sq), timed_out_task(sq, clock).id
    for task_id in (edited, cancelled):
        tasks.requeue(sq, task_id)
    tasks.edit(sq, edited, prompt="better")
    tasks.cancel(sq, cancelled)
    inbox.review(sq, silent)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, silent, "late", attempt=1)

    assert refused(sq, edited).message.endswith("it was edited since.")
    assert refused(sq, cancelled).message.endswith("it was cancelled since.")
    assert refused(sq, silent).message.endswith("ann sent a text since, which waits for your review.")
    assert refused(sq, silent).hint == f"Look at it again: sparkq task {silent} --timeline"


def test_a_task_that_was_moved_to_the_front_meanwhile_can_be_undone(sq: SparkQ, queue: str) -> None:
    add(sq, "ahead")
    task_id = failed_by_id(sq)
    tasks.requeue(sq, task_id)
    tasks.to_front(sq, task_id)

    assert undo.unreview(sq)[0].task.status == "failed"


def failed_by_id(sq: SparkQ) -> int:
    task = claimed_task(sq, "two")
    tasks.fail(sq, task.id, "boom")
    return task.id


@holds("undo")
def test_the_verdicts_of_one_call_are_undone_together_or_not_at_all(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = [done(sq), failed(sq), late(sq, clock)]
    before = inbox.unreviewed(sq)
    inbox.accept_all(sq, seen(sq))
    tasks.requeue(sq, ids[1], by_worker=True)

    assert refused(sq).message == f"The review of #{ids[1]} cannot be undone: it was requeued since."
    assert waits(sq) == []
    assert [undone.task.id for undone in undo.unreview(sq, [ids[0], ids[2]])] == [ids[0], ids[2]]
    assert [finished.task.id for finished in before.tasks] == ids
    assert [finished.task for finished in inbox.unreviewed(sq).tasks] == [
        finished.task for finished in before.tasks if finished.task.id != ids[1]
    ]


def test_verdicts_on_one_task_are_undone_one_after_the_other(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    before = tasks.get(sq, task_id)
    inbox.review(sq, task_id)
    tasks.requeue(sq, task_id, prompt="better")

    assert [undo.unreview(sq)[0].verdict for _ in range(2)] == ["requeue", "review"]
    assert tasks.get(sq, task_id)._replace(revision=1) == before


def test_what_happened_between_two_verdicts_keeps_the_first_when_the_second_is_undone(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id)
    take(sq)
    tasks.complete(sq, task_id, "done")
    inbox.review(sq, task_id)
    undo.unreview(sq)

    assert refused(sq).message == f"The requeue of #{task_id} cannot be undone: ann claimed it since."


def test_undo_again_takes_back_the_verdict_before(sq: SparkQ, queue: str) -> None:
    ids = [done(sq), done(sq)]
    for task_id in ids:
        inbox.review(sq, task_id)

    assert [undo.unreview(sq)[0].task.id for _ in ids] == [ids[1], ids[0]]
    assert refused(sq).message == "There is no verdict to undo."


def test_what_was_reviewed_before_stays_when_the_rest_is_undone(sq: SparkQ, queue: str) -> None:
    ids = [done(sq), done(sq)]
    inbox.review(sq, ids[0])
    inbox.review_all(sq, ids)

    assert [undone.task.id for undone in undo.unreview(sq)] == [ids[1]]


def test_a_call_of_which_tasks_are_gone_is_undone_by_ids(sq: SparkQ, queue: str) -> None:
    ids = [done(sq), done(sq), done(sq)]
    inbox.review_all(sq, ids)
    tasks.delete(sq, ids[1])

    refusal = refused(sq)

    assert refusal.message == "The last verdict was on 3 tasks, and 1 of them was deleted since."
    assert refusal.hint == f"Undo it for the others by their ids: sparkq undo {ids[0]} {ids[2]}"
    assert len(undo.unreview(sq, [ids[0], ids[2], ids[0]])) == 2


def test_of_a_call_one_task_can_be_undone_and_then_the_rest(sq: SparkQ, queue: str) -> None:
    ids = [done(sq), done(sq), done(sq)]
    inbox.review_all(sq, ids)

    undo.unreview(sq, [ids[1]])

    assert [undone.task.id for undone in undo.unreview(sq)] == [ids[0], ids[2]]


def test_a_purged_an_unknown_and_an_undecided_task_have_nothing_to_undo(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    gone, fresh = done(sq), done(sq)
    inbox.review(sq, gone)
    inbox.review(sq, fresh)
    undo.unreview(sq)
    clock.move(1)
    purge(sq, older_than=0, unreviewed=HOUR * SECOND)
    undecided = done(sq)

    with pytest.raises(Purged):
        undo.unreview(sq, [gone])
    with pytest.raises(NoSuchTask):
        undo.unreview(sq, [10**30])
    assert refused(sq, undecided).message == f"#{undecided} has no verdict to undo."


def test_the_requeue_of_a_worker_is_no_verdict_of_yours(sq: SparkQ, queue: str) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id, by_worker=True)

    assert refused(sq).message == "There is no verdict to undo."


@holds("undo", "verdict-doors")
def test_the_timeline_says_by_which_door_a_verdict_was_given(sq: SparkQ, queue: str, clock: SetClock) -> None:
    giver = Giver("REST", "curl/8.5.0")
    task_id = late(sq, clock)
    tasks.accept(sq, task_id, giver=giver)
    undo.unreview(sq, giver=Giver("page"))
    tasks.requeue(sq, task_id, giver=Giver("terminal"))

    events = tasks.detail(sq, task_id).events[-3:]

    assert [(event.kind, event.door, event.worker) for event in events] == [
        ("accepted", "REST", "curl/8.5.0"),
        ("acceptance undone", "page", None),
        ("requeued", "terminal", None),
    ]


@holds("verdict-doors")
def test_verdicts_over_rest_since_a_moment_are_listed_until_they_are_undone(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    old, here, on_page, first, second = (done(sq) for _ in range(5))
    over_rest = Giver("REST", "curl/8.5.0")
    inbox.review(sq, old, giver=over_rest)
    since = clock.now()
    clock.move(1)
    inbox.review(sq, here, giver=Giver("terminal"))
    inbox.review(sq, on_page, giver=Giver("page"))
    inbox.review(sq, first, giver=over_rest)
    tasks.requeue(sq, second, again=True, giver=over_rest)

    assert [(each.task, each.verdict, each.by, each.at) for each in verdicts.over_rest(sq, since)] == [
        (second, "requeued", "curl/8.5.0", clock.now()),
        (first, "reviewed", "curl/8.5.0", clock.now()),
    ]
    assert [each.task for each in verdicts.over_rest(sq, None)] == [second, first, old]

    undo.unreview(sq, [first])
    assert [each.task for each in verdicts.over_rest(sq, since)] == [second]


@holds("undo")
def test_undo_and_claim_at_once_never_both_get_the_task(sq: SparkQ, queue: str) -> None:
    won = {True: 0, False: 0}

    with workers(1, "undoes", sq.config.root) as (undoer,):
        for _ in range(ROUNDS):
            task_id = failed(sq)
            tasks.requeue(sq, task_id, feedback="mistaken")
            undoer.tell(str(task_id))
            claim = tasks.claim(sq, "backend", "ann")
            undone = undoer.hear()

            assert undone is (claim is None)
            assert tasks.get(sq, task_id).status == ("failed" if undone else "running")
            assert "requeue undone" in timeline(sq, task_id) if undone else timeline(sq, task_id)[-1] == "claimed"
            won[undone] += 1
            if claim is not None:
                tasks.complete(sq, task_id, "done", attempt=2)


@holds("review")
def test_accept_takes_late_results_where_there_are_some_and_all_or_none(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    ids = [done(sq), failed(sq), late(sq, clock)]
    (queued,) = add(sq, "waits")
    before = all_rows(sq)
    with pytest.raises(WrongState, match=f"because of #{queued}"):
        inbox.accept(sq, [*ids, queued])
    assert all_rows(sq) == before

    accepted = inbox.accept(sq, ids)

    assert [(task.status, task.accepted_attempt) for task in accepted] == [
        ("succeeded", None),
        ("failed", None),
        ("succeeded", 1),
    ]
    assert inbox.accept(sq, ids) == accepted
    undo.unreview(sq)
    assert waits(sq) == ids
