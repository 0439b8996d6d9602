"""Deleting a task for good, as it was shown when you were asked."""

from typing import Any

import pytest

from sparkq_core import tasks
from sparkq_core.errors import ClaimLost, NoSuchTask, Unseen, WrongState
from sparkq_core.lifecycle import Status
from sparkq_core.model import Seen
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, claimed_task, take, timed_out_task
from tests.promises import holds


def shown(sq: SparkQ, task_id: int, **other: Any) -> Seen:
    """What you see of a task now."""
    task = tasks.get(sq, task_id)
    return Seen(task_id, task.attempts, task.late_at is not None, task.late_at, task.status)._replace(**other)


def refuses(sq: SparkQ, seen: Seen, says: str) -> None:
    """A deletion of what was seen is refused and changes nothing."""
    before = all_rows(sq)
    with pytest.raises(Unseen, match=says):
        tasks.delete(sq, seen.id, seen=seen)
    assert all_rows(sq) == before


@holds("delete-as-shown")
def test_a_task_is_deleted_as_it_was_shown(sq: SparkQ, queue: str, clock: SetClock) -> None:
    silent = timed_out_task(sq, clock).id
    with pytest.raises(ClaimLost):
        tasks.complete(sq, silent, "late", attempt=1)
    for task_id in (*add(sq, "waits"), silent):
        tasks.delete(sq, task_id, seen=shown(sq, task_id))
        with pytest.raises(NoSuchTask):
            tasks.get(sq, task_id)


@holds("delete-as-shown")
def test_a_result_that_came_while_you_were_asked_is_not_deleted(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    seen = shown(sq, task_id)
    take(sq)
    with pytest.raises(WrongState, match="it is running"):
        tasks.delete(sq, task_id, seen=seen)
    tasks.complete(sq, task_id, "nobody has read this")

    refuses(sq, seen, r"^#1 was claimed meanwhile: it has succeeded \(attempt 1 of ann\), and you saw it before\.$")
    tasks.delete(sq, task_id, seen=shown(sq, task_id))


@holds("delete-as-shown")
def test_nor_is_that_of_the_attempt_that_was_running(sq: SparkQ, queue: str) -> None:
    task_id = claimed_task(sq).id
    seen = shown(sq, task_id)
    tasks.complete(sq, task_id, "nobody has read this")

    refuses(sq, seen, r"^#1 has changed meanwhile: it has succeeded .*, and you saw it running\.$")


@holds("delete-as-shown")
def test_nor_a_late_text_that_was_not_shown(sq: SparkQ, queue: str, clock: SetClock) -> None:
    silent = timed_out_task(sq, clock).id
    seen = shown(sq, silent)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, silent, "late", attempt=1)
    refuses(sq, seen, "late result that you were not shown")
    seen = shown(sq, silent)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, silent, "later", attempt=1)
    refuses(sq, seen, "late result that you were not shown")

    tasks.delete(sq, silent, seen=shown(sq, silent, late_at=None, status=None))


def test_without_what_was_seen_a_task_is_deleted_as_it_is(sq: SparkQ, queue: str) -> None:
    task_id = claimed_task(sq).id
    tasks.complete(sq, task_id, "done")
    assert tasks.get(sq, task_id).status == Status.SUCCEEDED

    tasks.delete(sq, task_id)
    with pytest.raises(NoSuchTask):
        tasks.get(sq, task_id)
