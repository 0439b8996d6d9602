"""A queue that hands out no tasks until you let it: paused, whoever asks and however."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.chat_hooks.turn_end import reminder
from sparkq_core.chats import Caller
from sparkq_core.errors import QueueClosed, QueueWaits, WrongState
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments, gates
from sparkq_core.queues.assignments import Order
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, claimed_task, queued_ids, refusal_of, take, timed_out_task
from tests.promises import holds

pytestmark = pytest.mark.usefixtures("queue")

CHAT = Caller("claude-code", session="a")


@holds("pause")
def test_a_paused_queue_accepts_tasks_and_hands_out_none_however_it_is_asked(sq: SparkQ) -> None:
    held = claimed_task(sq, "running")
    (first,) = add(sq, "one")
    assert queues.pause(sq, "backend").paused_at is not None
    (second,) = add(sq, "two")

    assert tasks.claim(sq, "backend", "bob") is None
    assert isinstance(refusal_of(lambda: tasks.claim(sq, None, "bob", task_id=second)), QueueWaits)
    done = tasks.complete(sq, held.id, "done", next_for="ann")

    assert (done.claimed, done.remaining) == (None, 2)
    assert done.gate is not None
    assert queued_ids(sq) == [first, second]
    assert [task.id for task in tasks.peek(sq, "backend", 5).tasks] == [first, second]


@holds("pause")
def test_a_resumed_queue_goes_on_where_it_was(sq: SparkQ) -> None:
    ids = add(sq, "one", "two")
    queues.pause(sq, "backend")

    assert queues.resume(sq, "backend").paused_at is None

    assert [take(sq).task.id for _ in ids] == ids


@holds("pause")
def test_pausing_and_resuming_twice_changes_nothing(sq: SparkQ, clock: SetClock) -> None:
    queues.pause(sq, "backend")
    before = all_rows(sq)
    clock.move(1000)

    queues.pause(sq, "backend")

    assert all_rows(sq) == before
    queues.resume(sq, "backend")
    before = all_rows(sq)
    queues.resume(sq, "backend")
    assert all_rows(sq) == before


@holds("pause")
def test_only_the_paused_queue_waits(sq: SparkQ) -> None:
    queues.create(sq, "docs")
    add(sq, "one")
    add(sq, "two", queue="docs")
    queues.pause(sq, "backend")

    assert queues.with_work(sq) == [("docs", 1)]
    assert take(sq, queue="docs").task.title == "two"


@holds("pause")
def test_an_archived_queue_cannot_be_paused_and_a_paused_one_stays_so(sq: SparkQ) -> None:
    queues.pause(sq, "backend")
    queues.archive(sq, "backend")

    assert isinstance(refusal_of(lambda: queues.pause(sq, "backend")), QueueClosed)
    assert queues.unarchive(sq, "backend").paused_at is not None


@holds("pause")
def test_a_task_that_cannot_be_claimed_anyway_says_its_own_reason(sq: SparkQ) -> None:
    task = claimed_task(sq)
    queues.pause(sq, "backend")

    assert isinstance(refusal_of(lambda: tasks.claim(sq, None, "bob", task_id=task.id)), WrongState)


@holds("pause")
def test_a_worker_that_timed_out_does_not_go_on_in_a_paused_queue(sq: SparkQ, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    queues.pause(sq, "backend")
    before = all_rows(sq)

    refusal = refusal_of(lambda: tasks.resume(sq, task.id))

    assert isinstance(refusal, QueueWaits)
    assert "sparkq queue resume backend" in refusal.hint
    assert all_rows(sq) == before


@holds("pause", "assignment")
@pytest.mark.parametrize(
    ("target", "why"),
    [("backend", "backend is paused: it hands out no tasks"), (None, "No queue hands out tasks for now")],
)
def test_the_assignment_of_a_chat_ends_at_a_queue_that_hands_out_nothing(
    sq: SparkQ, target: str | None, why: str
) -> None:
    add(sq, "one")
    chat = assignments.give(sq, CHAT, Order(target), None).assignment.chat_id
    queues.pause(sq, "backend")

    assert reminder(sq, chat, None, background=False) is None

    assert sq.db.rows("SELECT ended_why FROM assignments") == [(why,)]


@holds("pause")
def test_a_chat_for_every_queue_goes_on_where_one_hands_out_tasks(sq: SparkQ) -> None:
    queues.create(sq, "docs")
    add(sq, "one")
    add(sq, "two", queue="docs")
    chat = assignments.give(sq, CHAT, Order(), None).assignment.chat_id
    queues.pause(sq, "backend")

    assert reminder(sq, chat, None, background=False) is not None


def test_an_open_queue_has_no_gate(sq: SparkQ) -> None:
    assert gates.of_name(sq.db, "backend") is None
    assert gates.of_name(sq.db, "none") is None
