"""Convert what a worker is answered, and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkq_core.errors import Purged
from sparkq_core.purged import Line
from sparkq_core.queues.checks import call
from sparkq_core.text import cut
from sparkq_core.wire.purged import purged_task
from sparkq_core.wire.tasks import gate
from sparkq_core.wire.values import excludes_none, iso_or_none, seconds_or_none

if TYPE_CHECKING:
    from sparkq_core import model, shapes

EARLIER_LIMIT = 2000
"""Characters of an earlier outcome that a claim carries; the task itself has all of it."""


@excludes_none
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
        "deadline": iso_or_none(task.deadline),
        "attempt": task.attempts,
        "source": task.source,
        "feedback": claim.feedback,
        "question": None if claim.asked is None else claim.asked.question,
        "answer": None if claim.asked is None else claim.asked.answer,
        "previous": None if claim.earlier is None else _previous(claim.earlier),
        "check": None if claim.check is None else call(task.id, task.attempts),
    }


@excludes_none
def _previous(earlier: model.Earlier) -> shapes.PreviousAttempt:
    return {
        "attempt": earlier.attempt, "worker_id": earlier.worker, "outcome": earlier.outcome,
        "error_type": earlier.error_type, "text": None if earlier.text is None else cut(earlier.text, EARLIER_LIMIT),
    }  # fmt: skip


@excludes_none
def settled(settled: model.Settled) -> shapes.Settled:
    """Convert the answer to a worker that settled a task."""
    return {
        "id": settled.task.id,
        "status": settled.task.status,
        "duration_s": seconds_or_none(settled.task.duration_ms),
        "remaining": settled.remaining,
        "held": settled.held or None,
        "kept": settled.kept or None,
        **gate(settled.gate),
    }


@excludes_none
def error(refusal: Exception) -> shapes.Error:
    """Convert an error of the core, or a defect."""
    return {
        "error": getattr(refusal, "code", "defect"),
        "kind": getattr(refusal, "kind", "defect"),
        "message": getattr(refusal, "message", str(refusal)),
        "hint": getattr(refusal, "hint", ""),
        "purged": left_of(refusal),
    }


def left_of(refusal: Exception) -> shapes.PurgedTask | None:
    """Convert the line of the purged task that an error is about; None for any other error."""
    if not isinstance(refusal, Purged) or refusal.line is None:
        return None
    return purged_task(Line(*refusal.line))
