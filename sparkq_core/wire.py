"""Convert tasks, attempts, queues and sessions to JSON, the same for all doors. `shapes` declares every key.

Times are ISO 8601 with `Z`. Lists leave out the long texts, and keys without a value; a single task has every key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from sparkq_core.clock import iso
from sparkq_core.lifecycle import WARN_AFTER, Status
from sparkq_core.text import cut

if TYPE_CHECKING:
    from sparkq_core import model, scripts, shapes

Json = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T", bound=Mapping[str, Any])

EARLIER_LIMIT = 2000
"""Characters of an earlier outcome that a claim carries; the task itself has all of it."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(value: Any) -> str:
    """Format a value as one line of JSON without spaces."""
    return _ENCODER.encode(value)


def present(value: T) -> T:
    """Copy a JSON object without the keys that have no value."""
    return {key: item for key, item in value.items() if item is not None}  # type: ignore[return-value]  # T, with fewer keys


def without_absent(convert: Callable[P, T]) -> Callable[P, T]:
    """Leave out the keys that have no value from all that the function returns."""

    @wraps(convert)
    def converted(*args: P.args, **kwargs: P.kwargs) -> T:
        return present(convert(*args, **kwargs))

    return converted


def _at(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def _loaded(data: str | None) -> Any:
    return None if data is None else json.loads(data)


def stale(task: model.Task, now: int) -> str | None:
    """Return "warned" if the worker has been silent for one timeout, even if no sweep has run since."""
    if task.status != Status.RUNNING or task.claimed_at is None:
        return None
    base = task.heartbeat_at or task.claimed_at
    return "warned" if task.stale_warned_at is not None or base + WARN_AFTER * task.timeout * 1000 <= now else None


def friendly(task_id: int) -> str:
    """Format a task id for people."""
    return f"#{task_id}"


def _task(task: model.Task, now: int) -> shapes.Task:
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
        "late": None if task.late_at is None else _late_text(task, task.late_at),
    }


def _late_text(task: model.Task, moment: int) -> shapes.LateText:
    return {"attempt": task.late_attempt, "outcome": task.late_outcome, "at": iso(moment)}


def task_brief(task: model.Task, now: int) -> shapes.Task:
    """Convert a task of a list."""
    return present(_task(task, now))


def queued_task(task: model.Task, place: int, now: int) -> shapes.QueuedTask:
    """Convert a task and its place in its queue."""
    return {**task_brief(task, now), "position": place}


def task_whole(detail: model.Detail, now: int) -> shapes.WholeTask:
    """Convert a task with every key, its prompt and its outcome."""
    return {**_task(detail.task, now), "prompt": detail.prompt, "feedback": detail.feedback, **outcome(detail)}


def outcome(detail: model.Detail) -> shapes.Outcome:
    """Convert the outcome that led to the task's status: a result, an accepted late result, or an error."""
    task, last = detail.task, detail.last
    if task.status == Status.CANCELLED:
        reason = next((event.text for event in reversed(detail.events) if event.kind == task.status), None)
        return _outcome(error=reason or "Cancelled before it was claimed.")
    if last is None or task.status not in (Status.SUCCEEDED, Status.FAILED):
        return _outcome()
    if last.attempt == task.accepted_attempt:
        return _outcome(last.late_text, last.late_data)
    return _outcome(last.result, last.data, last.error)


def _outcome(result: str | None = None, data: str | None = None, error: str | None = None) -> shapes.Outcome:
    return {"result_summary": result, "result_data": _loaded(data), "error_message": error}


def task_history(detail: model.Detail, now: int) -> shapes.TaskHistory:
    """Convert a task with everything: its attempts and its timeline too."""
    return {
        **task_whole(detail, now),
        "history": [_attempt(attempt) for attempt in detail.attempts],
        "events": [event(each) for each in detail.events],
        "chat": None if detail.chat is None else chat(detail.chat),
    }


@without_absent
def chat(known: model.Chat) -> shapes.Chat:
    """Convert a chat."""
    return {
        "client": known.client, "version": known.version, "session": known.session,
        "cwd": known.cwd, "model": known.model, "closed_at": _at(known.gone_at),
    }  # fmt: skip


def prompts(revisions: Iterable[model.Prompt]) -> list[shapes.Prompt]:
    """Convert the prompts that a task has had, the first one first."""
    return [{"revision": each.revision, "text": each.text, "created_at": iso(each.created_at)} for each in revisions]


@without_absent
def _attempt(attempt: model.Attempt) -> shapes.Attempt:
    return {
        "attempt": attempt.attempt,
        "worker_id": attempt.worker,
        "prompt_revision": attempt.revision,
        "claimed_at": iso(attempt.claimed_at),
        "heartbeat_at": _at(attempt.heartbeat_at),
        "stale_warned_at": _at(attempt.stale_warned_at),
        "finished_at": _at(attempt.finished_at),
        "outcome": attempt.outcome,
        "result_summary": attempt.result,
        "result_data": _loaded(attempt.data),
        "error_message": attempt.error,
        "error_type": attempt.error_type,
        "late": None if attempt.late_at is None else _late(attempt, attempt.late_at),
        "accepted_at": _at(attempt.accepted_at),
        "git_before": _loaded(attempt.git_before),
        "git_after": _loaded(attempt.git_after),
    }


@without_absent
def _late(attempt: model.Attempt, at: int) -> shapes.LateResult:
    return {
        "outcome": attempt.late_outcome, "text": attempt.late_text,
        "data": _loaded(attempt.late_data), "at": iso(at),
    }  # fmt: skip


@without_absent
def event(event: model.Event) -> shapes.Event:
    """Convert one line of a timeline or of the event stream."""
    return {
        "id": event.id, "at": iso(event.at), "kind": event.kind,
        "task_id": event.task_id, "queue_id": None if event.queue_id is None else queue_id(event.queue_id),
        "attempt": event.attempt, "worker_id": event.worker, "text": event.text,
    }  # fmt: skip


@without_absent
def task_page(page: model.TaskPage, now: int) -> shapes.TaskPage:
    """Convert a page of tasks: `total` counts all that match, and the last page has no `next_cursor`."""
    return {"tasks": [task_brief(task, now) for task in page.tasks], "total": page.total, "next_cursor": page.next}


@without_absent
def finished(finished: model.Finished, now: int) -> shapes.FinishedTask:
    """Convert a line of the inbox: a task, the beginning of its outcome and late text, how long it took, its changes."""
    return {
        **task_brief(finished.task, now),
        "summary": finished.summary,
        "late_text": finished.late_text,
        "duration_s": _seconds(finished.task.duration_ms),
        "changed": _sized(_loaded(finished.git_after)),
    }


def _seconds(duration_ms: int | None) -> float | None:
    return None if duration_ms is None else round(duration_ms / 1000, 1)


def _sized(changes: Any) -> shapes.Changes | None:
    return changes if changes and changes.get("files") else None


@without_absent
def inbox(inbox: model.Inbox, since_last_look: shapes.SinceLastLook, now: int) -> shapes.Inbox:
    """Convert unreviewed tasks, `total` counts all of them, and what ended since the last look."""
    return {
        "tasks": [finished(task, now) for task in inbox.tasks],
        "total": inbox.total,
        "next_cursor": inbox.next,
        "since_last_look": since_last_look,
    }


def since(moment: int | None, queues: Iterable[model.Since]) -> shapes.SinceLastLook:
    """Convert what ended since your last look, by queue."""
    return {
        "since": _at(moment),
        "queues": [
            {"queue": ended.queue, "succeeded": ended.succeeded, "failed": ended.failed,
             "timed_out": ended.timed_out, "late": ended.late}
            for ended in queues
        ],
    }  # fmt: skip


def queue_id(number: int) -> str:
    """Convert the id of a queue to text: programs for SparkQ 1 compare it with the text of an argument."""
    return str(number)


@without_absent
def queue(queue: model.Queue, counts: model.Counts) -> shapes.Queue:
    """Convert a queue and how many of its tasks have each status."""
    return {
        "id": queue_id(queue.id), "name": queue.name, "session": queue.session, "status": queue.status,
        "queued": counts.queued, "running": counts.running, "stale": counts.stale,
        "succeeded": counts.succeeded, "failed": counts.failed, "cancelled": counts.cancelled,
        "unreviewed": counts.unreviewed,
        "instructions_revision": queue.revision,
        "created_at": iso(queue.created_at), "ended_at": _at(queue.ended_at), "archived_at": _at(queue.archived_at),
    }  # fmt: skip


def queues(queues: Iterable[tuple[model.Queue, model.Counts]]) -> shapes.QueueList:
    """Convert a list of queues."""
    listed = [queue(each, counts) for each, counts in queues]
    return {"queues": listed, "total": len(listed)}


@without_absent
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


@without_absent
def session(session: model.Session) -> shapes.Session:
    """Convert a session."""
    return {
        "id": session.id, "name": session.name, "status": session.status,
        "created_at": iso(session.created_at), "ended_at": _at(session.ended_at),
    }  # fmt: skip


def sessions(sessions: Iterable[model.Session]) -> shapes.SessionList:
    """Convert a list of sessions."""
    listed = [session(each) for each in sessions]
    return {"sessions": listed, "total": len(listed)}


@without_absent
def claimed(claim: model.Claim) -> shapes.ClaimedTask:
    """Convert the task of a claim as its worker needs it."""
    task = claim.task
    return {
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
        "previous": None if claim.earlier is None else _previous(claim.earlier),
    }


@without_absent
def _previous(earlier: model.Earlier) -> shapes.PreviousAttempt:
    return {
        "attempt": earlier.attempt, "worker_id": earlier.worker, "outcome": earlier.outcome,
        "error_type": earlier.error_type, "text": None if earlier.text is None else cut(earlier.text, EARLIER_LIMIT),
    }  # fmt: skip


@without_absent
def settled(settled: model.Settled) -> shapes.Settled:
    """Convert the answer to a worker that settled a task."""
    return {
        "id": settled.task.id,
        "status": settled.task.status,
        "duration_s": _seconds(settled.task.duration_ms),
        "remaining": settled.remaining,
        "kept": settled.kept or None,
    }


def error(refusal: Exception) -> shapes.Error:
    """Convert an error of the core, or a defect."""
    return {
        "error": getattr(refusal, "code", "defect"),
        "kind": getattr(refusal, "kind", "defect"),
        "message": getattr(refusal, "message", str(refusal)),
        "hint": getattr(refusal, "hint", ""),
    }
