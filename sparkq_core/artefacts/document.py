"""The text that an accepted task leaves: prompt, instructions, outcome, your feedback, and who accepted it by which door.

It is Markdown. The texts of the task are quotations, so that none of them can look like a part of the document.
"""

import re
from collections.abc import Iterator

from sparkq_core.changes import view
from sparkq_core.changes.states import described
from sparkq_core.clock import iso
from sparkq_core.lifecycle import Status
from sparkq_core.model import Attempt, Detail, Event
from sparkq_core.queues import checks
from sparkq_core.tasks import usage
from sparkq_core.text import safe
from sparkq_core.verdicts import SAID_OF_DOOR

ACCEPTING = ("reviewed", "accepted")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def text(detail: Detail, instructions: str, change: str) -> str:
    """Return the document of an accepted task. `change` is the sentence about its patch."""
    task, last = detail.task, detail.last
    parts = [f"# #{task.id} {_line(task.title)}", "\n".join(_facts(detail, change))]
    parts += ["## Prompt", quoted(detail.prompt)]
    if instructions:
        parts += [f"## Instructions of {task.queue}", "As they were when you accepted.", quoted(instructions)]
    if last is not None:
        parts += [f"## {'Result' if task.status == Status.SUCCEEDED else 'Error'}", *_said(last, task.accepted_attempt)]
    rounds = list(_rounds(detail))
    return "\n\n".join([*parts, *(["## Before that", *rounds] if rounds else [])]) + "\n"


def quoted(text: str) -> str:
    """Return a text as a quotation, without characters that hide or steer."""
    return "\n".join(f"> {line}".rstrip() for line in safe(text, lines=True).strip("\n").split("\n"))


def _line(text: str) -> str:
    """Return a text as one line that no reader of Markdown takes for markup."""
    return _MARKUP.sub(r"\\\1", safe(text))


def _facts(detail: Detail, change: str) -> Iterator[str]:
    task, last = detail.task, detail.last
    session = f", session {task.session}" if task.session else ""
    yield f"- Queue: {task.queue}{session}"
    if last is not None:
        yield f"- Outcome: {_ended(last, task.status)}"
        if last.usage:
            yield f"- Cost: {_line(usage.described(last.usage))}"
    yield f"- Accepted: {_accepted(detail)}"
    if check := checks.described(detail.check):
        yield f"- Check: {_line(check)}"
    if warning := checks.warning(detail.check):
        yield f"- Look twice: it {_line(warning)}"
    yield f"- Change: {change}"


def _ended(attempt: Attempt, outcome: str) -> str:
    """Format how an attempt ended: `succeeded, attempt 2 by worker-1, 2026-11-30T07:58:03Z to 2026-11-30T08:03:41Z`."""
    known = outcome == Status.FAILED and attempt.error_type not in (None, "error")
    kind = f" ({_line(attempt.error_type or '')})" if known else ""
    model = f", {_line(attempt.model)}" if attempt.model else ""
    until = f" to {iso(attempt.finished_at)}" if attempt.finished_at is not None else ""
    by = f"{_line(attempt.worker)}{model}"
    return f"{outcome}{kind}, attempt {attempt.attempt} by {by}, {iso(attempt.claimed_at)}{until}"


def _accepted(detail: Detail) -> str:
    event = next((event for event in reversed(detail.events) if event.kind in ACCEPTING), None)
    if event is None or event.door is None:
        return iso(detail.task.reviewed_at or 0)
    return f"{iso(event.at)}, {_door(event)}"


def _door(event: Event) -> str:
    by = f" by {_line(event.worker)}" if event.worker else ""
    return f"{SAID_OF_DOOR.get(event.door or '', 'by a program')}{by}"


def _said(attempt: Attempt, accepted: int | None) -> Iterator[str]:
    """Yield what the worker reported for an attempt, and what came later."""
    if attempt.attempt == accepted and attempt.late_text is not None:
        yield "It came after the attempt had ended, and you accepted it."
        yield quoted(attempt.late_text)
        return
    yield quoted(attempt.result or attempt.error or "Nothing was said.")
    if attempt.late_text is not None:
        yield f"Later its worker said ({attempt.late_outcome}):"
        yield quoted(attempt.late_text)


def _rounds(detail: Detail) -> Iterator[str]:
    """Yield the earlier attempts with what was said to each: your feedback, and your answers."""
    last = detail.last.attempt if detail.last else 0
    for attempt in detail.attempts:
        if attempt.attempt == last:
            continue
        yield f"### Attempt {attempt.attempt}"
        yield f"{_ended(attempt, attempt.outcome or Status.RUNNING)}."
        if attempt.question:
            yield "It asked:"
            yield quoted(attempt.question)
            yield f"Your answer:\n\n{quoted(attempt.answer)}" if attempt.answer else "It got no answer."
        elif attempt.result or attempt.error or attempt.late_text:
            yield from _said(attempt, None)
        for event in detail.events:
            if event.kind == "requeued" and event.attempt == attempt.attempt and event.text:
                yield f"Feedback, {iso(event.at)}{f', {_door(event)}' if event.door else ''}:"
                yield quoted(event.text)


def size(detail: Detail) -> str:
    """Format the size of the change as it was recorded: `3 files, +40 −12, on main`."""
    if detail.last is None:
        return ""
    change = view.known(detail.task.id, detail.last)
    return ", ".join(_line(part) for part in (described(change.after), view.where(change)) if part)
