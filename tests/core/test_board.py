"""The board: queues with their heads, running tasks with their notes, what is to review, what was reviewed today."""

import pytest

from sparkq_core import board, chats, clock, inbox, queues, tasks
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.promises import holds


@holds("board")
def test_every_queue_has_its_next_tasks_in_their_order(sq: SparkQ) -> None:
    for name in ("backend", "empty", "old"):
        queues.create(sq, name)
    ids = [tasks.enqueue(sq, "backend", f"{number}").task.id for number in range(4)]
    tasks.to_front(sq, ids[3])
    queues.archive(sq, "old")
    lines = board.heads(sq, 2)

    assert [(line.queue.name, line.counts.queued, [task.id for task in line.heads]) for line in lines] == [
        ("backend", 4, [ids[3], ids[0]]), ("empty", 0, []),
    ]  # fmt: skip
    assert board.heads(sq, 0)[0].heads == ()


@holds("board")
def test_a_running_task_has_its_last_note_and_its_chat(sq: SparkQ) -> None:
    queues.create(sq, "backend")
    task = tasks.enqueue(sq, "backend", "one").task.id
    tasks.claim(sq, "backend", "claude-code-8d2a", chat=chats.Caller("claude-code", "2", "8d2a", "/", None))
    tasks.progress(sq, task, "half of it")
    tasks.progress(sq, task)
    (running,) = board.board(sq).running

    assert (running.task.id, running.note, running.client) == (task, "half of it", "claude-code")
    assert running.chat_id is not None


def test_the_note_of_an_earlier_attempt_is_not_shown(sq: SparkQ) -> None:
    queues.create(sq, "backend")
    task = tasks.enqueue(sq, "backend", "one").task.id
    tasks.claim(sq, "backend", "ann")
    tasks.progress(sq, task, "stuck")
    tasks.release(sq, task)
    tasks.claim(sq, "backend", "bob")

    assert [running.note for running in board.board(sq).running] == [None]


@holds("board")
def test_what_you_reviewed_today_is_done_and_yesterday_is_not(sq: SparkQ) -> None:
    queues.create(sq, "backend")
    today = clock.midnight(sq.clock.now(), 1)
    sq = sq._replace(clock=SetClock(today - 1_000))
    before, after, waiting = (_done(sq) for _ in range(3))
    inbox.review(sq, before)
    sq = sq._replace(clock=SetClock(today + 1_000))
    inbox.review(sq, after)
    shown = board.board(sq)

    assert ([line.task.id for line in shown.done], shown.done_total, shown.today) == ([after], 1, today)
    assert ([line.task.id for line in shown.review], shown.review_total) == ([waiting], 1)


def test_columns_are_bounded_and_their_totals_are_whole(sq: SparkQ) -> None:
    queues.create(sq, "backend")
    for _ in range(3):
        _done(sq)
    for _ in range(3):
        tasks.enqueue(sq, "backend", "one")
    for _ in range(2):
        tasks.claim(sq, "backend", "ann")
    shown = board.board(sq, limit=1, each=0)

    assert (len(shown.review), shown.review_total, len(shown.running), shown.running_total) == (1, 3, 1, 2)
    for wrong in ({"limit": 0}, {"limit": 201}, {"each": 21}, {"each": -1}):
        with pytest.raises(InvalidValue):
            board.board(sq, **wrong)


def _done(sq: SparkQ) -> int:
    tasks.enqueue(sq, "backend", "one")
    claimed = tasks.claim(sq, "backend", "ann")
    assert claimed is not None
    tasks.complete(sq, claimed.task.id, "did it")
    return claimed.task.id
