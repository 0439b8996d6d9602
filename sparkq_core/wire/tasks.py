"""Convert tasks, their attempts and their timelines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sparkq_core.clock import iso
from sparkq_core.lifecycle import WARN_AFTER, Status
from sparkq_core.wire.chats import chat
from sparkq_core.wire.values import exclude_none, excludes_none, iso_or_none, json_or_none, seconds_or_none

if TYPE_CHECKING:
    from sparkq_core import model, shapes


def stale(task: model.Task, now: int) -> str | None:
    """Return "warned" if the worker has been silent for one timeout, even if no sweep has run since."""
    if task.status != Status.RUNNING or task.claimed_at is None or task.limit_until is not None:
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
        "claimed_at": iso_or_none(task.claimed_at),
        "started_at": iso_or_none(task.claimed_at),
        "heartbeat_at": iso_or_none(task.heartbeat_at),
        "stale_warned_at": iso_or_none(task.stale_warned_at),
        "deadline": iso_or_none(task.deadline),
        "chat_closed_at": iso_or_none(task.chat_gone_at),
        "limit_until": iso_or_none(task.limit_until),
        "finished_at": iso_or_none(task.finished_at),
        "reviewed_at": iso_or_none(task.reviewed_at),
        "review_state": task.review_state,
        "late": None if task.late_at is None else _late_text(task, task.late_at),
    }


def _late_text(task: model.Task, moment: int) -> shapes.LateText:
    return {"attempt": task.late_attempt, "outcome": task.late_outcome, "at": iso(moment)}


def task_brief(task: model.Task, now: int) -> shapes.Task:
    """Convert a task of a list."""
    return exclude_none(_task(task, now))


def queued_task(task: model.Task, place: int, closed: model.Gate | None, now: int) -> shapes.QueuedTask:
    """Convert a task, its place in its queue, and why the queue hands out none for now."""
    return {**task_brief(task, now), "position": place, **gate(closed)}


def gate(closed: model.Gate | None) -> shapes.Gate:
    """Convert what keeps a queue from handing out tasks; nothing if nothing does."""
    return {} if closed is None else {"paused": True} if closed.paused else {"waiting_for_review": closed.unreviewed}


def task_whole(detail: model.Detail, now: int) -> shapes.WholeTask:
    """Convert a task with every key, its prompt and its outcome."""
    asked = detail.asked
    return {
        **_task(detail.task, now),
        "prompt": detail.prompt,
        "feedback": detail.feedback,
        "question": asked.question if asked else None,
        "answer": asked.answer if asked else None,
        **outcome(detail),
    }


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
    return {"result_summary": result, "result_data": json_or_none(data), "error_message": error}


def task_history(detail: model.Detail, now: int) -> shapes.TaskHistory:
    """Convert a task with everything: its attempts and its timeline too."""
    return {
        **task_whole(detail, now),
        "prompt_revision": detail.task.revision,
        "history": [_attempt(attempt, detail.checks) for attempt in detail.attempts],
        "events": [event(each) for each in detail.events],
        "chat": None if detail.chat is None else chat(detail.chat),
        "check": checked(detail.check),
    }


def prompts(revisions: Iterable[model.Prompt]) -> list[shapes.Prompt]:
    """Convert the prompts that a task has had, the first one first."""
    return [{"revision": each.revision, "text": each.text, "created_at": iso(each.created_at)} for each in revisions]


@excludes_none
def _attempt(attempt: model.Attempt, checks: Iterable[model.Check] = ()) -> shapes.Attempt:
    return {
        "attempt": attempt.attempt,
        "worker_id": attempt.worker,
        "client": attempt.client,
        "client_version": attempt.client_version,
        "model": attempt.model,
        "prompt_revision": attempt.revision,
        "claimed_at": iso(attempt.claimed_at),
        "heartbeat_at": iso_or_none(attempt.heartbeat_at),
        "stale_warned_at": iso_or_none(attempt.stale_warned_at),
        "finished_at": iso_or_none(attempt.finished_at),
        "outcome": attempt.outcome,
        "result_summary": attempt.result,
        "result_data": json_or_none(attempt.data),
        "error_message": attempt.error,
        "error_type": attempt.error_type,
        "late": None if attempt.late_at is None else _late(attempt, attempt.late_at),
        "accepted_at": iso_or_none(attempt.accepted_at),
        "git_before": json_or_none(attempt.git_before),
        "git_after": json_or_none(attempt.git_after),
        "usage": usage(attempt.usage),
        "question": attempt.question,
        "answer": attempt.answer,
        "answered_at": iso_or_none(attempt.answered_at),
        "checks": [_check(each) for each in checks if each.attempt == attempt.attempt] or None,
    }


@excludes_none
def _check(check: model.Check) -> shapes.Check:
    return {
        "number": check.number, "command": check.command, "outcome": check.outcome, "exit_code": check.exit_code,
        "started_at": iso(check.started_at), "duration_s": check.duration_ms / 1000, "tail": check.tail,
        "work_tree": check.work_tree, "same_tree": None if check.same_tree is None else bool(check.same_tree),
        "touched": json_or_none(check.touched),
    }  # fmt: skip


def check_run(check: model.Check, failed: int, most: int) -> shapes.CheckRun:
    """Convert a check that was run, and how often its attempt has failed it."""
    return {
        "id": check.task_id, "attempt": check.attempt, "check": _check(check), "failed": failed, "max_checks": most,
    }  # fmt: skip


def checked(check: str | None) -> shapes.CheckedOutcome | None:
    """Convert the check of an outcome; None if there is nothing to say."""
    known: dict[str, Any] | None = json_or_none(check)
    return None if known is None else _checked(known)


@excludes_none
def _checked(known: dict[str, Any]) -> shapes.CheckedOutcome:
    same = known.get("same_tree")
    return {
        "outcome": known["outcome"], "command": known["command"], "exit_code": known.get("exit_code"),
        "duration_s": seconds_or_none(known.get("duration_ms")), "same_tree": None if same is None else bool(same),
        "touched": known.get("touched"), "failed": known.get("failed"), "runs": known.get("runs"),
    }  # fmt: skip


def usage(kept: str | None) -> shapes.Usage | None:
    """Convert what an attempt cost; None if that is not known."""
    known: shapes.Usage | None = json_or_none(kept)
    return known


@excludes_none
def _late(attempt: model.Attempt, at: int) -> shapes.LateResult:
    return {
        "outcome": attempt.late_outcome, "text": attempt.late_text,
        "data": json_or_none(attempt.late_data), "at": iso(at),
    }  # fmt: skip


@excludes_none
def event(event: model.Event) -> shapes.Event:
    """Convert one line of a timeline or of the event stream."""
    return {
        "id": event.id, "at": iso(event.at), "kind": event.kind,
        "task_id": event.task_id, "queue_id": None if event.queue_id is None else queue_id(event.queue_id),
        "attempt": event.attempt, "worker_id": event.worker, "text": event.text,
        "door": event.door,
    }  # fmt: skip


@excludes_none
def task_page(page: model.TaskPage, now: int) -> shapes.TaskPage:
    """Convert a page of tasks: `total` counts all that match, and the last page has no `next_cursor`."""
    return {"tasks": [task_brief(task, now) for task in page.tasks], "total": page.total, "next_cursor": page.next}


def queue_id(number: int) -> str:
    """Convert the id of a queue to text: programs for SparkQ 1 compare it with the text of an argument."""
    return str(number)
