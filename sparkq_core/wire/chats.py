"""Convert chats and what they worked on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sparkq_core.chats import ways_back
from sparkq_core.clock import iso
from sparkq_core.wire.values import excludes_none, iso_or_none

if TYPE_CHECKING:
    from sparkq_core import chat_work, model, shapes


@excludes_none
def chat(chat: model.Chat) -> shapes.Chat:
    """Convert a chat."""
    way = ways_back.to(chat)
    return {
        "id": chat.id, "client": chat.client, "version": chat.version, "session": chat.session,
        "cwd": chat.cwd, "model": chat.model, "first_at": iso(chat.first_at), "last_at": iso(chat.last_at),
        "closed_at": iso_or_none(chat.gone_at), "closed_why": chat.gone_why,
        "resume": way.command, "resume_problem": way.problem,
    }  # fmt: skip


def chat_whole(line: chat_work.Line, attempts: Sequence[chat_work.Work]) -> shapes.ChatWork:
    """Convert a chat and its newest attempts."""
    return {**chat_line(line), "attempts": [_attempt(attempt) for attempt in attempts]}


def chats(lines: Iterable[chat_work.Line]) -> shapes.ChatList:
    """Convert a list of chats."""
    listed = [chat_line(line) for line in lines]
    return {"chats": listed, "total": len(listed)}


@excludes_none
def chat_line(line: chat_work.Line) -> shapes.ChatLine:
    """Convert a chat of a list."""
    return {**chat(line.chat), "total": line.total, "running": line.running, "last_task_id": line.last_task}


@excludes_none
def _attempt(attempt: chat_work.Work) -> shapes.ChatAttempt:
    return {
        "task_id": attempt.task_id, "attempt": attempt.attempt, "queue": attempt.queue, "title": attempt.title,
        "outcome": attempt.outcome, "error_type": attempt.error_type,
        "claimed_at": iso(attempt.claimed_at), "finished_at": iso_or_none(attempt.finished_at),
    }  # fmt: skip
