"""Moving waiting tasks to another queue."""

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.errors import KeyUsed, NoSuchQueue, NoSuchTask, QueueClosed, SparkQError, WrongState
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from tests.harness.all_rows import all_rows
from tests.harness.task_steps import add, queued_ids, take, timeline
from tests.promises import holds


@pytest.fixture
def docs(sq: SparkQ, queue: str) -> str:
    """A second queue, with one task."""
    add(sq, "a", queue=queues.create(sq, "docs").name)
    return "docs"


def counters(sq: SparkQ) -> dict[str, tuple[int, int]]:
    """How many tasks of each queue are queued and held, by the counters, which must be the truth."""
    stored = {each.name: (counts.queued, counts.held) for each, counts in queues.all_of(sq, archived=True)}
    counted = sq.db.rows(
        "SELECT q.name, count(t.id) FILTER (WHERE t.status = 'queued'), count(t.id) FILTER (WHERE t.status = 'held')"
        " FROM queues AS q LEFT JOIN tasks AS t ON t.queue_id = q.id GROUP BY q.id"
    )
    assert stored == {name: (queued, held) for name, queued, held in counted}
    return stored


@holds("move")
def test_tasks_go_to_the_end_of_the_other_queue_and_keep_what_they_have(sq: SparkQ, docs: str) -> None:
    there, one, two, three = 1, *add(sq, *"123")
    tasks.edit(sq, two, prompt="two, better", timeout=7)
    tasks.release(sq, take(sq, task_id=two).task.id, "later")
    before = tasks.get(sq, two)

    moved = tasks.move(sq, [three, two], docs)

    assert [(each.task.id, each.place, each.again) for each in moved] == [(three, 2, False), (two, 3, False)]
    assert (queued_ids(sq), queued_ids(sq, docs)) == ([one], [there, three, two])
    after = tasks.get(sq, two)
    assert before._replace(queue=docs, queue_id=after.queue_id, position=after.position) == after
    assert tasks.detail(sq, two).prompt == "two, better"
    assert timeline(sq, two) == ["enqueued", "edited", "claimed", "released", "moved"]
    assert tasks.detail(sq, two).events[-1].text == "backend -> docs"
    assert counters(sq) == {"backend": (1, 0), "docs": (3, 0)}
    assert take(sq, queue=docs, task_id=two).task.attempts == 2


@holds("move")
def test_tasks_go_to_the_front_in_their_order_those_that_are_there_too(sq: SparkQ, docs: str) -> None:
    there, one, two = 1, *add(sq, *"12")

    moved = tasks.move(sq, [two, there, one], docs, front=True)

    assert [(each.task.id, each.place) for each in moved] == [(two, 1), (there, 2), (one, 3)]
    assert queued_ids(sq, docs) == [two, there, one]


@holds("move")
def test_a_task_that_is_there_stays_where_it_is(sq: SparkQ, docs: str) -> None:
    before = all_rows(sq)

    assert [(each.again, each.place) for each in tasks.move(sq, [1], docs)] == [(True, 1)]

    assert all_rows(sq) == before


@holds("move", "question")
def test_a_held_task_keeps_its_question_and_is_answered_in_the_other_queue(sq: SparkQ, docs: str) -> None:
    (task,) = add(sq, "asks")
    tasks.release(sq, take(sq).task.id, question="Which?")

    assert tasks.move(sq, [task], docs)[0].place == 0
    assert counters(sq) == {"backend": (0, 0), "docs": (1, 1)}

    tasks.answer(sq, task, "This.")
    assert queued_ids(sq, docs) == [task, 1]


@holds("move")
def test_all_are_moved_or_none_and_a_running_task_stays(sq: SparkQ, docs: str) -> None:
    one, running, done = add(sq, *"123")
    tasks.complete(sq, take(sq, task_id=done).task.id, "done")
    take(sq, task_id=running)
    queues.end(sq, queues.create(sq, "over").name)
    queues.archive(sq, queues.create(sq, "old").name)
    before = all_rows(sq)

    refusals: list[tuple[list[int], str, type[SparkQError], str]] = [
        ([one, running], docs, WrongState, "cannot be moved to another queue: it is running"),
        ([one, done], docs, WrongState, "it has succeeded"),
        ([one, 99], docs, NoSuchTask, "no task #99"),
        ([one], "doc", NoSuchQueue, "no queue 'doc'"),
        ([one], "over", QueueClosed, "accepts no new tasks"),
        ([one], "old", QueueClosed, "archived"),
    ]
    for ids, queue, kind, words in refusals:
        with pytest.raises(kind, match=words):
            tasks.move(sq, ids, queue)

    assert all_rows(sq) == before


@holds("move")
def test_tasks_are_saved_from_a_closed_queue_and_wait_in_a_gated_one(sq: SparkQ, docs: str) -> None:
    one, two = add(sq, *"12")
    queues.archive(sq, "backend")
    queues.pause(sq, docs)

    moved = tasks.move(sq, [one, two], docs)

    assert moved[0].gate is not None
    assert moved[0].gate.paused
    assert counters(sq) == {"backend": (0, 0), "docs": (3, 0)}
    assert tasks.claim(sq, docs, "ann") is None


@holds("move", "idempotency-key")
def test_a_key_is_still_good_for_the_queue_in_which_the_task_was_put(sq: SparkQ, docs: str) -> None:
    task = tasks.enqueue(sq, "backend", "one", key="k").task.id
    tasks.move(sq, [task], docs)

    for queue in ("backend", docs):
        assert tasks.enqueue(sq, queue, "one", key="k").task.id == task
    with pytest.raises(KeyUsed):
        tasks.enqueue(sq, queues.create(sq, "third").name, "one", key="k")


@holds("move", "undo")
def test_a_requeue_is_not_undone_once_the_task_has_moved(sq: SparkQ, docs: str) -> None:
    (one,) = add(sq, "one")
    tasks.fail(sq, take(sq).task.id, "boom")
    tasks.requeue(sq, one)
    tasks.move(sq, [one], docs)

    with pytest.raises(WrongState, match="it was moved to another queue since"):
        undo.unreview(sq, [one])


@holds("move")
def test_both_queues_hear_of_it_and_the_session_is_that_of_the_new_one(sq: SparkQ, docs: str) -> None:
    sessions.create(sq, "feature")
    queues.create(sq, "third", session="feature")
    (one,) = add(sq, "one")
    last = sq.db.rows("SELECT max(id) FROM events")[0][0]

    tasks.move(sq, [one, 1], "third")

    kinds = sq.db.rows("SELECT kind, queue_id, task_id, text FROM events WHERE id > :last", {"last": last})
    ids = {each.name: each.id for each, _ in queues.all_of(sq)}
    assert kinds[2:] == [
        ("tasks moved away", ids["backend"], None, "#2 -> third"),
        ("tasks moved away", ids["docs"], None, "#1 -> third"),
    ]
    assert tasks.get(sq, one).session == "feature"
