"""Putting queued tasks at another place of their queue."""

from random import Random

import pytest

from sparkq_core import queues, tasks
from sparkq_core.errors import InvalidValue, NoSuchTask, QueueClosed, SparkQError, WrongState
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from tests.harness.all_rows import all_rows
from tests.harness.task_steps import add, queued_ids, take, timeline
from tests.promises import holds


@holds("place")
def test_tasks_go_right_behind_or_before_another_in_the_order_that_they_are_named(sq: SparkQ, queue: str) -> None:
    one, two, three, four, five = add(sq, *"12345")

    behind = tasks.place(sq, [five, one], after=two)
    assert queued_ids(sq) == [two, five, one, three, four]
    assert [(each.task.id, each.place) for each in behind] == [(five, 2), (one, 3)]

    tasks.place(sq, [four, three], before=two)
    assert queued_ids(sq) == [four, three, two, five, one]

    tasks.place(sq, [one, five])
    assert queued_ids(sq) == [one, five, four, three, two]
    assert take(sq).task.id == one


@holds("place")
def test_two_tasks_change_places(sq: SparkQ, queue: str) -> None:
    one, two, three = add(sq, *"123")

    swapped = tasks.swap(sq, three, one)

    assert queued_ids(sq) == [three, two, one]
    assert [(each.task.id, each.place) for each in swapped] == [(three, 1), (one, 3)]
    assert (timeline(sq, one), timeline(sq, two)) == (["enqueued", "placed"], ["enqueued"])


@holds("place")
def test_any_series_of_moves_leaves_the_order_of_a_plain_list(sq: SparkQ, queue: str) -> None:
    random = Random(20261130)
    line = add(sq, *map(str, range(12)))
    other = add(sq, *"abc", queue=queues.create(sq, "docs").name)

    for _ in range(60):
        chosen = random.sample(line, random.randint(1, 4))
        anchor = random.choice([task for task in line if task not in chosen])
        behind = random.random() < 0.5
        line = [task for task in line if task not in chosen]
        at = line.index(anchor) + behind
        line[at:at] = chosen
        tasks.place(sq, chosen, **{"after" if behind else "before": anchor})
        assert queued_ids(sq) == line
    assert queued_ids(sq, "docs") == other


@holds("place", "release")
def test_a_released_task_comes_back_to_its_old_place_whatever_was_moved_around_it(sq: SparkQ, queue: str) -> None:
    one, two, three, four = add(sq, *"1234")
    take(sq, task_id=two)

    tasks.place(sq, [four], before=one)
    tasks.release(sq, two)

    assert queued_ids(sq) == [four, two, one, three]


def test_a_task_that_is_there_already_is_left_as_it_is(sq: SparkQ, queue: str) -> None:
    one, two = add(sq, *"12")
    before = all_rows(sq)

    tasks.place(sq, [two], after=one)
    tasks.place(sq, [one], before=two)

    assert all_rows(sq) == before


@holds("place")
def test_a_place_that_is_none_is_refused_and_nothing_moves(sq: SparkQ, queue: str) -> None:
    one, two, running, held = add(sq, *"1234")
    take(sq, task_id=running)
    take(sq, task_id=held)
    tasks.release(sq, held, question="Which?")
    (elsewhere,) = add(sq, "e", queue=queues.create(sq, "docs").name)
    (stored,) = add(sq, "s", queue=queues.create(sq, "old").name)
    queues.archive(sq, "old")
    before = all_rows(sq)

    refusals: list[tuple[list[int], dict[str, int], type[SparkQError], str]] = [
        ([one, two], {"after": two}, InvalidValue, "beside itself"),
        ([two, elsewhere], {"before": one}, InvalidValue, "is in docs"),
        ([two, running], {"before": one}, WrongState, "cannot be placed elsewhere in its queue: it is running"),
        ([two], {"after": running}, WrongState, "it is running"),
        ([two, held], {}, WrongState, "waits for the answer"),
        ([two, 99], {}, NoSuchTask, "no task #99"),
        ([two], {"after": 99}, NoSuchTask, "no task #99"),
        ([two, stored], {}, QueueClosed, "archived"),
        ([two], {"after": one, "before": one}, InvalidValue, "one place"),
    ]
    for ids, where, kind, words in refusals:
        with pytest.raises(kind, match=words):
            tasks.place(sq, ids, **where)
    with pytest.raises(InvalidValue, match="beside itself"):
        tasks.swap(sq, one, one)
    with pytest.raises(InvalidValue, match="is in docs"):
        tasks.swap(sq, elsewhere, one)

    assert all_rows(sq) == before


@holds("undo")
def test_a_requeue_can_be_undone_after_the_task_was_placed(sq: SparkQ, queue: str) -> None:
    one, two = add(sq, *"12")
    tasks.fail(sq, take(sq).task.id, "boom")
    tasks.requeue(sq, one, giver=None)
    tasks.place(sq, [one], before=two)

    assert undo.unreview(sq, [one])[0].task.status == "failed"
    assert queued_ids(sq) == [two]
