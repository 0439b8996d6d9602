"""Steps that fill the inbox, and looks at what it shows."""

import pytest

from sparkq_core import inbox, tasks
from sparkq_core.errors import ClaimLost
from sparkq_core.model import Finished, Seen
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, claimed_task, take, timed_out_task


def waits(sq: SparkQ, *, queue: str | None = None) -> list[int]:
    """The ids in the inbox, in its order."""
    return [finished.task.id for finished in inbox.unreviewed(sq, queue=queue, limit=1000).tasks]


def seen(sq: SparkQ) -> list[Seen]:
    """What the inbox shows to the person now."""
    return [finished.seen for finished in inbox.unreviewed(sq).tasks]


def entry(sq: SparkQ, task_id: int) -> Finished:
    """A task as the inbox shows it."""
    return next(finished for finished in inbox.unreviewed(sq).tasks if finished.task.id == task_id)


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
