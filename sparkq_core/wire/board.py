"""Convert the board and its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sparkq_core.clock import iso
from sparkq_core.wire.inbox import finished, questions
from sparkq_core.wire.queues import assignment, queue
from sparkq_core.wire.tasks import task_brief
from sparkq_core.wire.values import exclude_none, iso_or_none

if TYPE_CHECKING:
    from sparkq_core import model, shapes
    from sparkq_core.queues.assignments import Progress


def queue_line(line: model.Line, now: int) -> shapes.QueueLine:
    """Convert a queue with its counts and its next tasks."""
    return {**queue(line.queue, line.counts), "heads": [task_brief(task, now) for task in line.heads]}


def queue_lines(lines: Iterable[model.Line], assigned: Iterable[Progress], now: int) -> shapes.QueueLines:
    """Convert queues with their next tasks, and the chats that were assigned to queues."""
    listed = [queue_line(line, now) for line in lines]
    return {"queues": listed, "total": len(listed), "assignments": [assignment(each) for each in assigned]}


def running_task(at_work: model.AtWork, assigned: Mapping[int, Progress], now: int) -> shapes.RunningTask:
    """Convert a running task; `assigned` are the assignments by chat."""
    task = at_work.task
    given = assigned.get(at_work.chat_id) if at_work.chat_id is not None else None
    line: shapes.RunningTask = {
        **task_brief(task, now),
        "running_s": round(max(now - (task.claimed_at or now), 0) / 1000, 1),
        "note": at_work.note, "noted_at": iso_or_none(at_work.noted_at),
        "chat_id": at_work.chat_id, "client": at_work.client,
        "assignment": None if given is None else assignment(given),
    }  # fmt: skip
    return exclude_none(line)


def board(
    lines: Iterable[model.Line],
    running: tuple[Iterable[model.AtWork], int],
    review: tuple[Iterable[model.Finished], int],
    asked: model.Questions,
    done: tuple[Iterable[model.Finished], int],
    today: int,
    assigned: Iterable[Progress],
    now: int,
) -> shapes.Board:
    """Convert the board: each column with its total."""
    given = list(assigned)
    by_chat = {each.assignment.chat_id: each for each in given}
    queues = [queue_line(line, now) for line in lines]
    return {
        "queues": queues,
        "queued_total": sum(line["queued"] for line in queues),
        "held_total": sum(line["held"] for line in queues),
        "running": [running_task(each, by_chat, now) for each in running[0]],
        "running_total": running[1],
        **questions(asked),
        "review": [finished(each, now) for each in review[0]],
        "review_total": review[1],
        "done": [finished(each, now) for each in done[0]],
        "done_total": done[1],
        "today": iso(today),
        "assignments": [assignment(each) for each in given],
    }
