"""Nouns -> JSON: the one spelling of a task, an attempt, a queue and a session for all doors.

Times are ISO 8601 with `Z`. Lists leave out the long texts and whatever is absent; a single thing has every key.
"""

import json
from collections.abc import Iterable
from typing import Any

from sparkq_core.clock import iso
from sparkq_core.lifecycle import WARN_AFTER, ErrorType, Status
from sparkq_core.model import (
    Attempt,
    Claim,
    Counts,
    Detail,
    Event,
    Finished,
    Inbox,
    Prompt,
    Queue,
    Session,
    Settled,
    Since,
    Task,
    TaskPage,
)
from sparkq_core.scripts import Script
from sparkq_core.text import cut

Json = dict[str, Any]

EARLIER_LIMIT = 2000
"""Characters of an earlier outcome that a claim carries; the task itself has the rest."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(value: Any) -> str:
    """One line of JSON without spaces."""
    return _ENCODER.encode(value)


def present(value: Json) -> Json:
    """Without the absent values."""
    return {key: one for key, one in value.items() if one is not None}


def _at(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def _loaded(data: str | None) -> Any:
    return None if data is None else json.loads(data)


def stale(task: Task, now: int) -> str | None:
    """ "warned" from one timeout without a word of the worker on, whether or not a sweep has come by."""
    if task.status != Status.RUNNING or task.claimed_at is None:
        return None
    base = task.heartbeat_at or task.claimed_at
    return "warned" if task.stale_warned_at is not None or base + WARN_AFTER * task.timeout * 1000 <= now else None


def friendly(task_id: int) -> str:
    """How people see an id."""
    return f"#{task_id}"


def task_brief(task: Task, now: int) -> Json:
    """A task as lists show it."""
    return present(_task(task, now))


def _task(task: Task, now: int) -> Json:
    return {
        "id": task.id,
        "friendly_id": friendly(task.id),
        "queue": task.queue,
        "session": task.session,
        "title": task.title,
        "status": task.status,
        "tool_name": task.tool,
        "task_class": task.task_class,
        "timeout": task.timeout,
        "attempts": task.attempts,
        "worker_id": task.worker,
        "error_type": task.error_type,
        "stale": stale(task, now),
        "source": task.source,
        "key": task.key,
        "created_at": iso(task.created_at),
        "claimed_at": _at(task.claimed_at),
        "started_at": _at(task.claimed_at),
        "heartbeat_at": _at(task.heartbeat_at),
        "stale_warned_at": _at(task.stale_warned_at),
        "deadline": _at(task.deadline),
        "finished_at": _at(task.finished_at),
        "reviewed_at": _at(task.reviewed_at),
    }


def task_whole(detail: Detail, now: int) -> Json:
    """A task with every key, its prompt and its outcome."""
    return _task(detail.task, now) | {"prompt": detail.prompt, "feedback": detail.feedback} | outcome(detail)


def outcome(detail: Detail) -> Json:
    """What the task's present status rests on: a result, an accepted late result, or an error."""
    task, last = detail.task, detail.last
    found: Json = {"result_summary": None, "result_data": None, "error_message": None}
    if task.cancelled:
        reason = next((event.text for event in reversed(detail.events) if event.kind == ErrorType.CANCELLED), None)
        return found | {"error_message": reason or "Cancelled before it was claimed."}
    if last is None or task.status not in (Status.SUCCEEDED, Status.FAILED):
        return found
    if last.accepted_at is not None and task.status == Status.SUCCEEDED:
        return found | {"result_summary": last.late_text, "result_data": _loaded(last.late_data)}
    return found | {"result_summary": last.result, "result_data": _loaded(last.data), "error_message": last.error}


def task_history(detail: Detail, now: int) -> Json:
    """A task with everything: its attempts and its timeline too."""
    return task_whole(detail, now) | {
        "history": [attempt(one) for one in detail.attempts],
        "events": [event(one) for one in detail.events],
    }


def prompts(found: Iterable[Prompt]) -> list[Json]:
    """The wordings of a task, the first one first."""
    return [{"revision": one.revision, "text": one.text, "created_at": iso(one.created_at)} for one in found]


def attempt(one: Attempt) -> Json:
    """One execution; `late` is what its worker said after it had ended."""
    late = None
    if one.late_at is not None:
        late = {
            "outcome": one.late_outcome,
            "text": one.late_text,
            "data": _loaded(one.late_data),
            "at": iso(one.late_at),
        }
    return present({
        "attempt": one.attempt,
        "worker_id": one.worker,
        "prompt_revision": one.revision,
        "claimed_at": iso(one.claimed_at),
        "heartbeat_at": _at(one.heartbeat_at),
        "stale_warned_at": _at(one.stale_warned_at),
        "finished_at": _at(one.finished_at),
        "outcome": one.outcome,
        "result_summary": one.result,
        "result_data": _loaded(one.data),
        "error_message": one.error,
        "error_type": one.error_type,
        "late": present(late) if late else None,
        "accepted_at": _at(one.accepted_at),
        "git_before": _loaded(one.git_before),
        "git_after": _loaded(one.git_after),
    })  # fmt: skip


def event(one: Event) -> Json:
    """One line of a timeline or of the change feed."""
    return present({
        "id": one.id,
        "at": iso(one.at),
        "kind": one.kind,
        "task_id": one.task_id,
        "queue_id": one.queue_id,
        "attempt": one.attempt,
        "worker_id": one.worker,
        "text": one.text,
    })  # fmt: skip


def page(found: TaskPage, now: int) -> Json:
    """A list of tasks: `total` counts all that match, `next_cursor` is absent on the last page."""
    return present({
        "tasks": [task_brief(task, now) for task in found.tasks],
        "total": found.total,
        "next_cursor": found.next,
    })  # fmt: skip


def finished(one: Finished, now: int) -> Json:
    """A line of the inbox: a task, the beginning of what it says, how long it took, what it changed."""
    took = one.task.duration_ms
    return task_brief(one.task, now) | present({
        "summary": one.summary,
        "late": one.late or None,
        "duration_s": None if took is None else round(took / 1000, 1),
        "changed": _sized(_loaded(one.git_after)),
    })  # fmt: skip


def _sized(changed: Any) -> Json | None:
    """What an attempt changed, if it changed a file."""
    return changed if changed and changed.get("files") else None


def inbox(found: Inbox, now: int) -> Json:
    """Unreviewed work: `total` counts all of it."""
    return present({
        "tasks": [finished(one, now) for one in found.tasks],
        "total": found.total,
        "next_cursor": found.next,
    })  # fmt: skip


def since(moment: int | None, found: Iterable[Since]) -> Json:
    """What ended since the person's last look, by queue."""
    return {
        "since": _at(moment),
        "queues": [
            {
                "queue": one.queue,
                "succeeded": one.succeeded,
                "failed": one.failed,
                "timed_out": one.timed_out,
                "late": one.late,
            }
            for one in found
        ],
    }


def queue(one: Queue, counts: Counts) -> Json:
    """A queue and how many of its tasks stand where."""
    return present({
        "id": one.id,
        "name": one.name,
        "session": one.session,
        "status": one.status,
        "queued": counts.queued,
        "running": counts.running,
        "stale": counts.stale,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "unreviewed": counts.unreviewed,
        "instructions_revision": one.revision,
        "created_at": iso(one.created_at),
        "ended_at": _at(one.ended_at),
        "archived_at": _at(one.archived_at),
    })  # fmt: skip


def queues(found: Iterable[tuple[Queue, Counts]]) -> Json:
    """A list of queues."""
    listed = [queue(one, counts) for one, counts in found]
    return {"queues": listed, "total": len(listed)}


def script(one: Script) -> Json:
    """A script of the index."""
    return present({
        "name": one.name,
        "path": one.path,
        "tool_name": one.tool,
        "description": one.description,
        "inputs": [part._asdict() for part in one.inputs],
        "outputs": [part._asdict() for part in one.outputs],
        "tags": list(one.tags),
        "timeout": one.timeout,
        "task_class": one.task_class,
    })  # fmt: skip


def session(one: Session) -> Json:
    """A session."""
    return present({
        "id": one.id,
        "name": one.name,
        "status": one.status,
        "created_at": iso(one.created_at),
        "ended_at": _at(one.ended_at),
    })  # fmt: skip


def sessions(found: Iterable[Session]) -> Json:
    """A list of sessions."""
    listed = [session(one) for one in found]
    return {"sessions": listed, "total": len(listed)}


def claimed(claim: Claim) -> Json:
    """The task of a claim as its worker needs it."""
    task = claim.task
    previous = None
    if claim.earlier is not None:
        previous = present({
            "attempt": claim.earlier.attempt,
            "worker_id": claim.earlier.worker,
            "outcome": claim.earlier.outcome,
            "error_type": claim.earlier.error_type,
            "text": None if claim.earlier.text is None else cut(claim.earlier.text, EARLIER_LIMIT),
        })  # fmt: skip
    return present({
        "id": task.id,
        "prompt": claim.prompt,
        "tool_name": task.tool,
        "how": claim.how,
        "task_class": task.task_class,
        "timeout": task.timeout,
        "deadline": _at(task.deadline),
        "attempt": task.attempts,
        "source": task.source,
        "feedback": claim.feedback,
        "previous": previous,
    })  # fmt: skip


def settled(one: Settled) -> Json:
    """The answer to a worker that settled a task."""
    duration = one.task.duration_ms
    return present({
        "id": one.task.id,
        "status": one.task.status,
        "duration_s": None if duration is None else round(duration / 1000, 1),
        "remaining": one.remaining,
    })  # fmt: skip


def error(refusal: Exception) -> Json:
    """A refusal of the core, as every door spells it."""
    return {
        "error": getattr(refusal, "code", "defect"),
        "kind": getattr(refusal, "kind", "defect"),
        "message": getattr(refusal, "message", str(refusal)),
        "hint": getattr(refusal, "hint", ""),
    }
