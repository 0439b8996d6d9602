"""A worker that settles a task and takes the next one in the same breath."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.errors import ClaimLost, InvalidText, StorageError
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, take, timeline


def status(sq: SparkQ, task_id: int) -> str:
    return tasks.get(sq, task_id).status


def test_the_head_of_the_queue_comes_with_the_outcome(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two", "three")
    first = take(sq)

    settled = tasks.complete(sq, first.task.id, "done", attempt=1, next_for="bob")

    assert settled.claimed is not None
    assert (settled.claimed.prompt, settled.claimed.task.worker, settled.claimed.task.attempts) == ("two", "bob", 1)
    assert (settled.remaining, settled.claimed.remaining) == (1, 1)
    assert (status(sq, 1), status(sq, 2), status(sq, 3)) == ("succeeded", "running", "queued")


def test_a_failure_is_followed_by_the_next_task_too(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    settled = tasks.fail(sq, take(sq).task.id, "boom", next_for="bob")

    assert settled.claimed is not None
    assert (status(sq, 1), settled.claimed.task.id) == ("failed", 2)


def test_both_are_on_the_disk_or_neither(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    task = take(sq).task
    sq.db.connection().execute(
        "CREATE TEMP TRIGGER refuse BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END"
    )

    with pytest.raises(StorageError):
        tasks.complete(sq, task.id, "done", next_for="bob")

    assert (status(sq, 1), status(sq, 2)) == ("running", "queued")
    assert timeline(sq, 2) == ["enqueued"]


def test_an_empty_queue_gives_none(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    settled = tasks.complete(sq, take(sq).task.id, "done", next_for="bob")

    assert (settled.claimed, settled.remaining) == (None, 0)


def test_an_archived_queue_takes_the_outcome_and_gives_none(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    task = take(sq).task
    queues.archive(sq, queue)

    settled = tasks.complete(sq, task.id, "done", next_for="bob")

    assert (settled.task.status, settled.claimed, settled.remaining) == ("succeeded", None, 1)
    assert status(sq, 2) == "queued"


def test_the_same_outcome_again_gives_the_task_again_that_came_with_the_first(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two", "three")
    task = take(sq).task
    first = tasks.complete(sq, task.id, "done", attempt=1, next_for="bob")

    again = tasks.complete(sq, task.id, "done", attempt=1, next_for="bob")

    assert (again.again, again.claimed) == (True, first.claimed)
    assert status(sq, 3) == "queued"


def test_the_same_outcome_again_gives_no_task_that_has_ended_since(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two", "three")
    task = take(sq).task
    tasks.complete(sq, task.id, "done", attempt=1, next_for="bob")
    tasks.release(sq, 2)
    take(sq, "carol")

    again = tasks.complete(sq, task.id, "done", attempt=1, next_for="bob")

    assert (again.again, again.claimed) == (True, None)
    assert status(sq, 3) == "queued"


def test_the_same_outcome_again_without_a_wish_for_more_gives_none(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two", "three")
    task = take(sq).task
    tasks.complete(sq, task.id, "done", attempt=1, next_for="bob")

    again = tasks.complete(sq, task.id, "done", attempt=1)

    assert (again.again, again.claimed) == (True, None)
    assert status(sq, 3) == "queued"


def test_a_late_result_gives_none(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    task = take(sq).task
    tasks.release(sq, task.id)
    take(sq, "carol")

    with pytest.raises(ClaimLost):
        tasks.complete(sq, task.id, "done", attempt=1, next_for="bob")

    assert status(sq, 2) == "queued"


def test_what_went_stale_meanwhile_fails_as_with_any_claim(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", "two", "three")
    take(sq)
    mine = take(sq)
    for _ in range(2):
        clock.move(60)
        tasks.progress(sq, mine.task.id)

    settled = tasks.complete(sq, mine.task.id, "done", next_for="bob")

    assert settled.claimed is not None
    assert settled.claimed.task.id == 3
    assert timeline(sq, 1) == ["enqueued", "claimed", "stale"]

    clock.move(60)
    assert tasks.complete(sq, 3, "done", next_for="bob").claimed is None
    assert timeline(sq, 1)[-1] == "timed out"


def test_a_worker_without_a_name_settles_nothing(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    task = take(sq).task

    with pytest.raises(InvalidText, match="worker name"):
        tasks.complete(sq, task.id, "done", next_for=" ")

    assert status(sq, 1) == "running"
