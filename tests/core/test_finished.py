"""Finished tasks by their outcome: the latest first, whatever their ids."""

from collections.abc import Iterator

import pytest

from sparkq_core import inbox, queues, sessions, tasks
from sparkq_core.errors import InvalidValue, NoSuchQueue, NoSuchSession
from sparkq_core.project import SparkQ
from sparkq_core.tasks import Wanted
from tests.core.test_listing import expected
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, take, timed_out_task


@pytest.fixture
def finished(sq: SparkQ, clock: SetClock) -> SparkQ:
    """Two queues, one in a session, with outcomes in another order than ids, some at one moment, some reviewed."""
    sessions.create(sq, "feature")
    queues.create(sq, "backend")
    queues.create(sq, "docs", session="feature")
    for queue in ("backend", "docs"):
        made = add(sq, *(f"task {number}" for number in range(9)), queue=queue)
        for place, task_id in enumerate([*made[4:8], *made[:4]]):
            take(sq, ("ann", "bob")[place % 2], queue=queue, task_id=task_id)
            clock.move(place % 3)
            if place % 4:
                tasks.complete(sq, task_id, "done")
            else:
                tasks.fail(sq, task_id, "boom")
            if place % 3 == 1:
                inbox.review(sq, task_id)
    return sq


def pages(sq: SparkQ, wanted: Wanted, limit: int) -> Iterator[list[int]]:
    cursor = None
    while True:
        page = tasks.latest(sq, wanted, limit=limit, cursor=cursor)
        yield [task.id for task in page.tasks]
        if page.next is None:
            return
        cursor = page.next


WANTED = [
    Wanted(),
    Wanted(queue="docs"),
    Wanted(session="feature"),
    Wanted(status="failed"),
    Wanted("backend", "succeeded"),
    Wanted(worker="bob"),
    Wanted(worker="ann", status="failed"),
    Wanted(tool="nobody"),
    Wanted(reviewed=True),
    Wanted(reviewed=False),
    Wanted("docs", reviewed=True),
    Wanted(until=0),
]


@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize("wanted", WANTED)
def test_pages_hold_the_outcomes_that_are_wanted_the_latest_first(finished: SparkQ, wanted: Wanted, limit: int) -> None:
    true = [tasks.get(finished, task_id) for task_id in expected(finished, wanted)]
    order = sorted((task for task in true if task.finished_at), key=lambda task: (-(task.finished_at or 0), -task.id))

    listed = list(pages(finished, wanted, limit))

    assert [task for page in listed for task in page] == [task.id for task in order]
    assert all(len(page) == limit for page in listed[:-1])
    assert tasks.latest(finished, wanted, limit=limit).total == len(order)


def test_an_old_task_that_was_requeued_and_finished_last_comes_first(sq: SparkQ, queue: str, clock: SetClock) -> None:
    old, new = add(sq, "old", "new")
    for task_id in (old, new):
        take(sq, task_id=task_id)
        tasks.complete(sq, task_id, "done")
        clock.move(1)
    tasks.requeue(sq, old, again=True)
    assert [task.id for task in tasks.latest(sq).tasks] == [new]

    take(sq, task_id=old)
    tasks.complete(sq, old, "done again")

    assert [task.id for task in tasks.latest(sq).tasks] == [old, new]


def test_a_task_that_is_past_its_time_has_finished_although_nobody_swept(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task = timed_out_task(sq, clock)

    assert [task.id for task in tasks.latest(sq).tasks] == [task.id]


@pytest.mark.parametrize("status", ["queued", "running"])
def test_what_has_not_finished_has_no_outcome_to_order(sq: SparkQ, status: str) -> None:
    with pytest.raises(InvalidValue, match=f"A task that is {status} has not finished") as refusal:
        tasks.latest(sq, Wanted(status=status))
    assert "succeeded, failed, cancelled" in refusal.value.hint


def test_what_a_list_refuses_is_refused_here_too(sq: SparkQ, queue: str) -> None:
    for limit in (0, 1001):
        with pytest.raises(InvalidValue, match="is not possible"):
            tasks.latest(sq, limit=limit)
    for cursor in ("", "1", "1.x", "x.1", f"{2**63}.1"):
        with pytest.raises(InvalidValue, match="is not a cursor"):
            tasks.latest(sq, cursor=cursor)
    with pytest.raises(InvalidValue, match="is not a status"):
        tasks.latest(sq, Wanted(status="done"))
    with pytest.raises(NoSuchQueue):
        tasks.latest(sq, Wanted(queue="backnd"))
    with pytest.raises(NoSuchSession):
        tasks.latest(sq, Wanted(session="sprint"))
