"""The log of everything that happened: a task's timeline and the feed that doors follow."""

import pytest

from sparkq_core import events, queues, sessions, tasks
from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task, take, timed_out_task, timeline
from tests.promises import holds


@holds("events")
def test_a_life_leaves_one_event_for_each_move(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(SparkQError):
        tasks.complete(sq, task.id, "done", attempt=1)
    tasks.requeue(sq, task.id, feedback="again")
    tasks.edit(sq, task.id, prompt="two")
    take(sq, "bob")
    tasks.progress(sq, task.id, "half way")
    tasks.release(sq, task.id)
    take(sq, "cleo")
    tasks.fail(sq, task.id, "boom")

    assert timeline(sq, task.id) == [
        *("enqueued", "claimed", "stale", "timed out", "late", "requeued", "edited"),
        *("claimed", "progress", "released", "claimed", "failed"),
    ]


def test_a_timeline_tells_when_and_in_which_attempt(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq)
    clock.move(5)
    tasks.complete(sq, task.id, "done")

    enqueued, claimed, succeeded = tasks.detail(sq, task.id).events

    assert (enqueued.at, claimed.at, succeeded.at) == (clock.now() - 5000, clock.now() - 5000, clock.now())
    assert (enqueued.attempt, claimed.attempt, succeeded.attempt) == (None, 1, 1)


@holds("events")
def test_what_was_refused_leaves_no_event(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    before = events.last(sq)

    for refused in (
        lambda: tasks.complete(sq, task_id, "done"),
        lambda: tasks.requeue(sq, task_id),
        lambda: tasks.accept(sq, task_id),
        lambda: tasks.enqueue(sq, "none", "two"),
        lambda: queues.create(sq, "backend"),
    ):
        with pytest.raises(SparkQError):
            refused()

    assert events.last(sq) == before


@holds("events")
def test_the_feed_gives_each_event_once_in_order(sq: SparkQ, queue: str) -> None:
    start = events.last(sq)
    add(sq, *"abcdefg")
    ids: list[int] = []
    while page := events.after(sq, ids[-1] if ids else start, limit=3):
        ids += [event.id for event in page]

    assert ids == list(range(start + 1, start + 8))


def test_a_follower_sees_what_another_process_does(sq: SparkQ, queue: str) -> None:
    follower = second_handle(sq)
    start = events.last(follower)

    (task_id,) = add(sq, "one")

    assert [(event.kind, event.task_id) for event in events.after(follower, start)] == [("enqueued", task_id)]


def test_an_empty_log_starts_at_zero(sq: SparkQ) -> None:
    assert (events.last(sq), events.after(sq, 0)) == (0, ())


def test_queues_and_sessions_stand_in_the_feed_too(sq: SparkQ) -> None:
    sessions.create(sq, "feature")
    queues.create(sq, "backend", session="feature", instructions="Be brief.")
    queues.rename(sq, "backend", "api")
    queues.archive(sq, "api")
    queues.unarchive(sq, "api")
    sessions.end(sq, "feature")
    queues.reopen(sq, "api")

    assert [event.kind for event in events.after(sq, 0)] == [
        *("session created", "queue created", "queue instructions", "queue renamed", "queue archived"),
        *("queue unarchived", "session ended", "queue ended", "queue reopened"),
    ]


def test_a_harmless_repetition_leaves_no_event(sq: SparkQ, queue: str) -> None:
    sessions.create(sq, "feature")
    for _ in range(2):
        queues.end(sq, queue)
        queues.instruct(sq, queue, "Be brief.")
        sessions.end(sq, "feature")

    kinds = [event.kind for event in events.after(sq, 0)]
    assert kinds == ["queue created", "session created", "queue ended", "queue instructions", "session ended"]


def test_a_long_timeline_ends_with_the_newest(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    for number in range(20):
        tasks.progress(sq, task.id, f"step {number}")

    assert [event.text for event in events.of_task(sq.db, task.id, limit=2)] == ["step 18", "step 19"]
