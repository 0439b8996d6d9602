"""Convert the inbox, and what ended since your last look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sparkq_core.clock import iso
from sparkq_core.wire.purged import changed, purge_news
from sparkq_core.wire.tasks import checked, friendly, task_brief, usage
from sparkq_core.wire.values import excludes_none, iso_or_none, seconds_or_none

if TYPE_CHECKING:
    from sparkq_core import model, purged, shapes


@excludes_none
def finished(finished: model.Finished, now: int) -> shapes.FinishedTask:
    """Convert a line of the inbox: a task, the beginning of its outcome and late text, how long it took, its changes."""
    return {
        **task_brief(finished.task, now),
        "summary": finished.summary,
        "late_text": finished.late_text,
        "duration_s": seconds_or_none(finished.task.duration_ms),
        "changed": changed(finished.git_after),
        "usage": usage(finished.usage),
        "check": checked(finished.check),
    }


def questions(asked: model.Questions) -> shapes.Questions:
    """Convert the questions that wait for your answer."""
    return {"questions": [question(each) for each in asked.questions], "questions_total": asked.total}


def question(asked: model.Question) -> shapes.Question:
    """Convert a question that waits for your answer."""
    task = asked.task
    return {
        "id": task.id,
        "friendly_id": friendly(task.id),
        "queue": task.queue,
        "title": task.title,
        "attempt": task.attempts,
        "worker_id": asked.worker,
        "question": asked.question,
        "asked_at": iso(asked.asked_at),
    }


@excludes_none
def inbox(
    inbox: model.Inbox,
    asked: model.Questions,
    since_last_look: shapes.SinceLastLook,
    over_rest: Iterable[model.RestVerdict],
    news: purged.News,
    now: int,
) -> shapes.Inbox:
    """Convert the open questions, unreviewed tasks, what ended and was decided over REST since the last look, and what
    purges do."""
    return {
        **questions(asked),
        "tasks": [finished(task, now) for task in inbox.tasks],
        "total": inbox.total,
        "next_cursor": inbox.next,
        "since_last_look": since_last_look,
        "over_rest": [rest_verdict(verdict) for verdict in over_rest] or None,
        "purge": purge_news(news) or None,
    }


@excludes_none
def rest_verdict(given: model.RestVerdict) -> shapes.RestVerdict:
    """Convert a verdict that came over REST."""
    return {
        "id": given.task,
        "friendly_id": friendly(given.task),
        "title": given.title,
        "verdict": given.verdict,
        "by": given.by,
        "at": iso(given.at),
    }


def since(moment: int | None, queues: Iterable[model.Since]) -> shapes.SinceLastLook:
    """Convert what ended since your last look, by queue."""
    return {
        "since": iso_or_none(moment),
        "queues": [
            {"queue": ended.queue, "succeeded": ended.succeeded, "failed": ended.failed,
             "timed_out": ended.timed_out, "late": ended.late}
            for ended in queues
        ],
    }  # fmt: skip
