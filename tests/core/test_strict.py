"""Strict queues: no more tasks are handed out than you review."""

from collections.abc import Callable

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.chat_hooks.turn_end import reminder
from sparkq_core.chats import Caller
from sparkq_core.errors import InvalidValue, QueueWaits
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments, gates
from sparkq_core.queues.assignments import Order
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, queued_ids, refusal_of, take, timed_out_task
from tests.harness.workers import workers
from tests.promises import holds

pytestmark = pytest.mark.usefixtures("queue")

VERDICTS: dict[str, Callable[[SparkQ, int], object]] = {"accept": inbox.review, "requeue": tasks.requeue}


@holds("strict-queue")
@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_strict_queue_hands_out_the_next_task_after_your_verdict(sq: SparkQ, verdict: str) -> None:
    queues.limit_reviews(sq, "backend", 1)
    _, second = add(sq, "one", "two")
    task = take(sq).task
    assert tasks.fail(sq, task.id, "boom", next_for="ann").claimed is None
    assert tasks.claim(sq, "backend", "bob") is None
    assert isinstance(refusal_of(lambda: tasks.claim(sq, None, "bob", task_id=second)), QueueWaits)

    VERDICTS[verdict](sq, task.id)

    assert take(sq).task.id == second


@holds("strict-queue")
def test_several_claimers_at_once_never_exceed_the_limit(sq: SparkQ) -> None:
    queues.limit_reviews(sq, "backend", 3)
    ids = add(sq, *"abcde")

    claims = [tasks.claim(sq, "backend", f"worker-{number}") for number in range(5)]

    assert [claim and claim.task.id for claim in claims] == [*ids[:3], None, None]
    tasks.complete(sq, ids[0], "done")
    assert tasks.claim(sq, "backend", "ann") is None
    tasks.release(sq, ids[1])
    assert take(sq).task.id == ids[1]


@holds("strict-queue")
def test_four_processes_at_a_queue_with_a_limit_get_as_many_tasks_as_it_allows(sq: SparkQ) -> None:
    ids = add(sq, *(f"task {number}" for number in range(60)))
    queues.limit_reviews(sq, "backend", 25)

    with workers(4, "drain", sq.config.root) as processes:
        for process in processes:
            process.tell()
        done = [process.hear() for process in processes]

    assert sorted(task_id for share in done for task_id in share) == ids[:25]
    assert queued_ids(sq) == ids[25:]


@holds("strict-queue")
def test_a_cancelled_task_and_a_relaxed_queue_wait_for_no_review(sq: SparkQ) -> None:
    queues.limit_reviews(sq, "backend", 1)
    tasks.cancel(sq, add(sq, "no")[0])
    add(sq, "one", "two")
    tasks.complete(sq, take(sq).task.id, "done")
    assert tasks.claim(sq, "backend", "ann") is None

    queues.limit_reviews(sq, "backend", None)

    assert take(sq).task.title == "two"


@holds("strict-queue")
def test_a_timeout_waits_for_your_review_too(sq: SparkQ, clock: SetClock) -> None:
    queues.limit_reviews(sq, "backend", 1)
    timed_out_task(sq, clock)
    add(sq, "two")

    assert tasks.claim(sq, "backend", "ann") is None
    gate = gates.of_name(sq.db, "backend")
    assert gate is not None
    assert gates.sentence(gate) == "backend waits for your review: 1 of 1"


@holds("strict-queue")
@pytest.mark.parametrize("limit", [0, -1, 100_001])
def test_a_limit_that_cannot_be_changes_nothing(sq: SparkQ, limit: int) -> None:
    before = all_rows(sq)

    assert isinstance(refusal_of(lambda: queues.create(sq, "docs", review_limit=limit)), InvalidValue)
    if limit != queues.UNCHANGED:
        assert isinstance(refusal_of(lambda: queues.change(sq, "backend", new="api", review_limit=limit)), InvalidValue)

    assert all_rows(sq) == before


@holds("strict-queue")
def test_the_same_limit_again_changes_nothing(sq: SparkQ, clock: SetClock) -> None:
    queues.limit_reviews(sq, "backend", 2)
    before = all_rows(sq)
    clock.move(1000)

    queues.limit_reviews(sq, "backend", 2)

    assert all_rows(sq) == before


@holds("strict-queue", "assignment")
def test_the_assignment_of_a_chat_ends_where_you_have_to_review_first(sq: SparkQ) -> None:
    queues.limit_reviews(sq, "backend", 1)
    add(sq, "one", "two")
    chat = assignments.give(sq, Caller("claude-code", session="a"), Order("backend"), None).assignment.chat_id
    tasks.complete(sq, take(sq).task.id, "done")

    assert reminder(sq, chat, None, background=False) is None

    assert sq.db.rows("SELECT ended_why FROM assignments") == [("backend waits for your review: 1 of 1",)]
