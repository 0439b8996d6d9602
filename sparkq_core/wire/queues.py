"""Convert queues, sessions and scripts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sparkq_core.clock import iso
from sparkq_core.queues import gates
from sparkq_core.wire.tasks import queue_id
from sparkq_core.wire.values import excludes_none, iso_or_none

if TYPE_CHECKING:
    from sparkq_core import model, scripts, shapes
    from sparkq_core.queues.assignments import Progress


@excludes_none
def queue(queue: model.Queue, counts: model.Counts) -> shapes.Queue:
    """Convert a queue and how many of its tasks have each status."""
    return {
        "id": queue_id(queue.id), "name": queue.name, "session": queue.session, "status": queue.status,
        "queued": counts.queued, "held": counts.held, "running": counts.running, "stale": counts.stale,
        "succeeded": counts.succeeded, "failed": counts.failed, "cancelled": counts.cancelled,
        "unreviewed": counts.unreviewed,
        "instructions_revision": queue.revision,
        "created_at": iso(queue.created_at), "ended_at": iso_or_none(queue.ended_at), "archived_at": iso_or_none(queue.archived_at),
        "paused_at": iso_or_none(queue.paused_at), "review_limit": queue.review_limit,
        "waiting_for_review": gates.waiting_for_review(queue, counts),
        "check_command": queue.check_command, "max_checks": queue.max_checks if queue.check_command else None,
    }  # fmt: skip


def queues(
    queues: Iterable[tuple[model.Queue, model.Counts]], assigned: Iterable[Progress] | None = None
) -> shapes.QueueList:
    """Convert a list of queues, and the chats that were assigned to queues if they are given."""
    listed = [queue(each, counts) for each, counts in queues]
    result: shapes.QueueList = {"queues": listed, "total": len(listed)}
    return result if assigned is None else {**result, "assignments": [assignment(each) for each in assigned]}


@excludes_none
def assignment(progress: Progress) -> shapes.Assignment:
    """Convert what a chat was assigned to, and how far it has come."""
    given = progress.assignment
    return {
        "client": given.client, "queue": given.queue, "most": given.most, "until": iso_or_none(given.until),
        "fresh": given.fresh, "left": progress.left, "text": progress.sentence,
    }  # fmt: skip


@excludes_none
def session(session: model.Session) -> shapes.Session:
    """Convert a session."""
    return {
        "id": session.id, "name": session.name, "status": session.status,
        "created_at": iso(session.created_at), "ended_at": iso_or_none(session.ended_at),
    }  # fmt: skip


def sessions(sessions: Iterable[model.Session]) -> shapes.SessionList:
    """Convert a list of sessions."""
    listed = [session(each) for each in sessions]
    return {"sessions": listed, "total": len(listed)}


@excludes_none
def script(script: scripts.Script) -> shapes.Script:
    """Convert a script of the index."""
    return {
        "name": script.name, "path": script.path, "tool_name": script.tool, "description": script.description,
        "inputs": [_parameter(each) for each in script.inputs],
        "outputs": [_parameter(each) for each in script.outputs],
        "tags": list(script.tags), "timeout": script.timeout, "task_class": script.task_class,
    }  # fmt: skip


def _parameter(parameter: scripts.Parameter) -> shapes.Parameter:
    return {"name": parameter.name, "required": parameter.required, "description": parameter.description}
