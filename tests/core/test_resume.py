"""A worker whose task timed out goes on with it."""

import pytest

from sparkq_core import inbox, tasks
from sparkq_core.errors import WrongState
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, take, timeline
from tests.promises import holds


def time_out(sq: SparkQ, clock: SetClock, task_id: int) -> None:
    """Its worker is silent for two timeouts."""
    for _ in ("warned", "failed"):
        clock.move(60)
        tasks.get(sq, task_id)
    assert tasks.get(sq, task_id).timed_out


@pytest.fixture
def silent(sq: SparkQ, queue: str, clock: SetClock) -> int:
    """The id of a task that you requeued with feedback, and whose second attempt timed out."""
    (task_id,) = add(sq, "one")
    take(sq)
    tasks.fail(sq, task_id, "bad")
    tasks.requeue(sq, task_id, feedback="Use ISO dates.")
    assert take(sq).feedback == "Use ISO dates."
    time_out(sq, clock, task_id)
    return task_id


@holds("resume")
def test_your_feedback_reaches_every_worker_until_the_next_requeue(sq: SparkQ, silent: int) -> None:
    resumed = tasks.resume(sq, silent)
    again = tasks.claim_again(sq, silent, attempt=resumed.attempts)
    tasks.release(sq, silent, "I cannot", attempt=resumed.attempts)
    other = take(sq, "bob")
    tasks.fail(sq, silent, "bad", attempt=other.task.attempts)
    tasks.requeue(sq, silent)

    assert [again.feedback, other.feedback] == ["Use ISO dates."] * 2
    assert take(sq).feedback is None
    assert timeline(sq, silent)[-7:] == ["resumed", "claimed", "released", "claimed", "failed", "requeued", "claimed"]


@holds("resume")
def test_feedback_that_was_withdrawn_does_not_come_back(sq: SparkQ, queue: str, clock: SetClock, silent: int) -> None:
    tasks.requeue(sq, silent, feedback="Use dots.")
    tasks.edit(sq, silent, feedback="")
    take(sq)
    time_out(sq, clock, silent)
    resumed = tasks.resume(sq, silent)

    assert tasks.claim_again(sq, silent, attempt=resumed.attempts).feedback is None


@holds("resume")
def test_a_verdict_is_not_undone_once_its_worker_goes_on(sq: SparkQ, silent: int) -> None:
    inbox.review(sq, silent)
    tasks.resume(sq, silent)

    with pytest.raises(
        WrongState, match=f"^The review of #{silent} cannot be undone: its worker went on with it since"
    ):
        undo.unreview(sq, [silent])
