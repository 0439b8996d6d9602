"""A question of a worker: its task is held, and nobody gets it until you have answered."""

from collections.abc import Callable

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import ClaimLost, InvalidText, QueueClosed, SparkQError, Unseen, WrongState
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.tasks.release import MAX_QUESTION
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SetClock
from tests.harness.task_steps import add, attempts, claimed_task, queued_ids, refusal_of, take, timed_out_task, timeline
from tests.promises import holds

pytestmark = pytest.mark.usefixtures("queue")


def held_task(sq: SparkQ, question: str = "A or B?", *, worker: str = "ann") -> int:
    """A task that waits for the answer to a question."""
    task = claimed_task(sq, worker=worker)
    tasks.release(sq, task.id, question=question, attempt=1)
    return task.id


@holds("question")
def test_a_held_task_is_handed_to_nobody_however_it_is_asked_for(sq: SparkQ) -> None:
    held = held_task(sq)

    assert tasks.claim(sq, "backend", "bob") is None
    assert refusal_of(lambda: tasks.claim(sq, None, "bob", task_id=held))
    assert refusal_of(lambda: tasks.requeue(sq, held, again=True))
    assert refusal_of(lambda: tasks.to_front(sq, held))
    other = claimed_task(sq, "two")
    assert tasks.complete(sq, other.id, "done", next_for="ann").claimed is None
    assert (tasks.get(sq, held).status, queued_ids(sq)) == ("held", [])


@holds("question")
def test_the_answer_puts_the_task_at_the_head_and_reaches_the_next_worker(sq: SparkQ) -> None:
    held = held_task(sq, "A or B?")
    add(sq, "two", "three")

    assert tasks.answer(sq, held, "B, because of the index").status == "queued"

    assert queued_ids(sq)[0] == held
    claim = take(sq, "bob")
    assert claim.asked is not None
    assert (claim.task.id, claim.asked.question, claim.asked.answer) == (held, "A or B?", "B, because of the index")
    assert claim.asked.rounds == 1
    assert timeline(sq, held) == ["enqueued", "claimed", "asked", "answered", "claimed"]
    (first, _) = attempts(sq, held)
    assert (first.outcome, first.question, first.answer) == ("released", "A or B?", "B, because of the index")


def test_every_round_stays_and_the_packet_has_the_last_answer(sq: SparkQ) -> None:
    held = held_task(sq, "one?")
    tasks.answer(sq, held, "1")
    take(sq)
    tasks.release(sq, held, question="two?")
    tasks.answer(sq, held, "2")

    claim = take(sq)

    assert claim.asked == (2, "two?", "2", 2)
    assert [(each.question, each.answer) for each in attempts(sq, held)] == [("one?", "1"), ("two?", "2"), (None, None)]


def test_an_answer_stays_with_the_task_when_a_later_attempt_fails(sq: SparkQ) -> None:
    held = held_task(sq)
    tasks.answer(sq, held, "B")
    take(sq)
    tasks.fail(sq, held, "broke")
    tasks.requeue(sq, held)

    claim = take(sq)

    assert claim.asked is not None
    assert claim.earlier is not None
    assert (claim.asked.answer, claim.earlier.text) == ("B", "broke")


@holds("question")
def test_an_answer_is_for_the_question_that_was_seen(sq: SparkQ) -> None:
    held = held_task(sq, "one?")
    tasks.answer(sq, held, "1")
    take(sq)
    tasks.release(sq, held, question="two?")
    before = all_rows(sq)

    assert type(refusal_of(lambda: tasks.answer(sq, held, "1, I mean", attempt=1))) is Unseen
    assert all_rows(sq) == before
    assert tasks.answer(sq, held, "2", attempt=2).status == "queued"


@holds("question")
def test_the_same_answer_again_is_harmless_and_another_is_refused(sq: SparkQ) -> None:
    held = held_task(sq)
    tasks.answer(sq, held, "B")
    take(sq)
    before = all_rows(sq)

    assert tasks.answer(sq, held, "B", attempt=1).status == "running"
    refusal = refusal_of(lambda: tasks.answer(sq, held, "A"))
    assert type(refusal) is WrongState
    assert "another answer already" in refusal.message
    assert all_rows(sq) == before


@holds("question")
def test_the_same_question_again_is_harmless(sq: SparkQ) -> None:
    held = held_task(sq, "A or B?")
    before = all_rows(sq)

    assert tasks.release(sq, held, question="A or B?", attempt=1).status == "held"
    assert tasks.release(sq, held, attempt=1).status == "held"
    assert all_rows(sq) == before
    tasks.answer(sq, held, "B")
    assert tasks.release(sq, held, question="A or B?", attempt=1).status == "queued"


@holds("question", "late-result")
@pytest.mark.parametrize("end", ["asked", "released", "timed out", "requeued"])
def test_a_question_that_comes_too_late_is_kept_for_your_review(sq: SparkQ, clock: SetClock, end: str) -> None:
    if end == "asked":
        task = held_task(sq, "first?")
    elif end == "timed out":
        task = timed_out_task(sq, clock).id
    else:
        task = claimed_task(sq).id
        tasks.release(sq, task)
        if end == "requeued":
            take(sq, "bob")
    status = tasks.get(sq, task).status

    refusal = refusal_of(lambda: tasks.release(sq, task, question="second?", attempt=1))

    assert type(refusal) is ClaimLost
    assert "kept" in refusal.hint
    assert tasks.get(sq, task).status == status
    assert attempts(sq, task)[0].late_text == "second?"
    if end != "requeued":
        (shown,) = inbox.unreviewed(sq).tasks
        assert (shown.task.id, shown.late_text) == (task, "second?")


@holds("question")
def test_a_result_that_comes_after_the_question_can_be_accepted_while_it_is_open(sq: SparkQ) -> None:
    held = held_task(sq)

    assert type(refusal_of(lambda: tasks.complete(sq, held, "did it after all", attempt=1))) is ClaimLost
    assert tasks.get(sq, held).status == "held"
    assert inbox.waiting(sq) == 1

    assert tasks.accept(sq, held).status == "succeeded"
    assert (inbox.waiting(sq), tasks.open_questions(sq).total) == (0, 0)


def test_a_late_text_of_a_held_task_is_seen_and_the_question_stays(sq: SparkQ) -> None:
    held = held_task(sq)
    refusal_of(lambda: tasks.fail(sq, held, "no", attempt=1))

    assert inbox.review(sq, held).status == "held"
    assert (inbox.waiting(sq), tasks.open_questions(sq).total) == (0, 1)


def test_a_held_task_is_edited_cancelled_and_deleted_like_a_queued_one(sq: SparkQ) -> None:
    held = held_task(sq)
    assert tasks.edit(sq, held, prompt="other words").status == "held"
    assert type(refusal_of(lambda: tasks.edit(sq, held, prompt="x", front=True))) is WrongState
    assert tasks.cancel(sq, held, "not needed").status == "cancelled"
    assert type(refusal_of(lambda: tasks.answer(sq, held, "B"))) is WrongState
    assert tasks.requeue(sq, held).task.status == "queued"
    claim = take(sq)
    assert (claim.prompt, claim.asked) == ("other words", None)
    tasks.release(sq, held, question="again?")
    tasks.delete(sq, held)
    assert queues.counts_of(sq, queues.by_name(sq, "backend")).total == 0


@holds("question")
def test_no_purge_and_no_time_takes_a_held_task(sq: SparkQ, clock: SetClock) -> None:
    held = held_task(sq)
    refusal_of(lambda: tasks.fail(sq, held, "no", attempt=1))
    clock.move(365 * 24 * HOUR)

    purge.purge(sq, older_than=0, unreviewed=0)

    assert tasks.get(sq, held).status == "held"


def test_questions_are_listed_by_task_and_counted(sq: SparkQ) -> None:
    queues.create(sq, "docs")
    first = held_task(sq, "one?")
    (other,) = add(sq, "two", queue="docs")
    take(sq, "bob", queue="docs")
    tasks.release(sq, other, question="two?")

    found = tasks.open_questions(sq)

    assert [(each.task.id, each.worker, each.question) for each in found.questions] == [
        (first, "ann", "one?"),
        (other, "bob", "two?"),
    ]
    assert found.questions[0].asked_at == attempts(sq, first)[0].finished_at
    assert tasks.open_questions(sq, limit=1).total == 2
    assert [each.task.id for each in tasks.open_questions(sq, queue="docs").questions] == [other]
    assert tasks.question_of(sq, first).question == "one?"
    assert type(refusal_of(lambda: tasks.question_of(sq, claimed_task(sq).id))) is WrongState


def test_an_archived_queue_asks_nothing_and_takes_no_answer(sq: SparkQ) -> None:
    held = held_task(sq)
    queues.archive(sq, "backend")
    before = all_rows(sq)

    assert tasks.open_questions(sq).total == 0
    assert tasks.open_questions(sq, queue="backend").total == 1
    assert type(refusal_of(lambda: tasks.answer(sq, held, "B"))) is QueueClosed
    assert all_rows(sq) == before
    queues.unarchive(sq, "backend")
    assert tasks.answer(sq, held, "B").status == "queued"


def test_an_ended_queue_is_drained_of_its_answered_tasks(sq: SparkQ) -> None:
    held = held_task(sq)
    queues.end(sq, "backend")

    tasks.answer(sq, held, "B")

    assert take(sq).task.id == held


@pytest.mark.parametrize(
    "verb",
    [
        lambda sq, task: tasks.release(sq, task, question=""),
        lambda sq, task: tasks.release(sq, task, question=" \n"),
        lambda sq, task: tasks.release(sq, task, question="nul\x00"),
        lambda sq, task: tasks.release(sq, task, question="é" * (MAX_QUESTION // 2) + "x"),
        lambda sq, task: tasks.answer(sq, task, " "),
        lambda sq, task: tasks.answer(sq, task, "x" * (1024 * 1024 + 1)),
    ],
    ids=["empty", "blank", "NUL", "too long", "blank answer", "too long an answer"],
)
def test_a_text_that_cannot_be_kept_changes_nothing(sq: SparkQ, verb: Callable[[SparkQ, int], object]) -> None:
    task = claimed_task(sq).id
    before = all_rows(sq)

    refusal = refusal_of(lambda: verb(sq, task))

    assert isinstance(refusal, SparkQError)
    assert type(refusal) is InvalidText
    assert all_rows(sq) == before


def test_the_longest_question_is_kept(sq: SparkQ) -> None:
    assert tasks.question_of(sq, held_task(sq, "x" * MAX_QUESTION)).question == "x" * MAX_QUESTION
