"""`sparkq task`"""

from typing import Annotated

import typer

from sparkq_cli import change_lines, chat_lines, check_lines, purged_lines, show, task_parts
from sparkq_cli.context import open_sparkq, paged_if_long
from sparkq_cli.options import Json, TaskId, new_app
from sparkq_core import changes, tasks, times, wire
from sparkq_core.changes import view
from sparkq_core.chats import ways_back
from sparkq_core.errors import Purged
from sparkq_core.lifecycle import Status
from sparkq_core.model import Attempt, Detail, Event, Task
from sparkq_core.project import SparkQ
from sparkq_core.purged import Line
from sparkq_core.tasks import late_results, present, usage
from sparkq_core.text import safe
from sparkq_core.verdicts import REST, SAID_OF_DOOR

app = new_app()


@app.command()
def task(
    task_id: TaskId,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Include all checks with their output, and the timeline of all events.")
    ] = False,
    prompt: Annotated[bool, typer.Option("--prompt", help="Print only the prompt.")] = False,
    result: Annotated[bool, typer.Option("--result", help="Print only the result, or the error.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Print only the notes of progress.")] = False,
    revisions: Annotated[
        bool, typer.Option("--revisions", help="Print only the prompts that it has had, the first one first.")
    ] = False,
    revision: Annotated[
        int | None, typer.Option("--revision", metavar="N", help="Print only the N-th prompt that it has had.", min=1)
    ] = None,
    json: Json = False,
) -> None:
    """Show everything about a task: prompt, outcome, every attempt. Of a purged task, what is left of it.

    On a terminal a text that is longer than the screen is shown in $PAGER.

    Examples:
      sparkq task 42 --timeline
      sparkq task 42 --result
      sparkq task 42 --prompt | sparkq enqueue - --queue backend
    """
    sq = open_sparkq()
    part = task_parts.chosen(
        json=json, prompt=prompt, result=result, notes=notes, revisions=revisions, revision=revision
    )
    if part is not None:
        tasks.get(sq, task_id)
        paged_if_long(part(sq, task_id))
        return
    try:
        detail = tasks.detail(sq, task_id)
    except Purged as error:
        if not json and error.line is not None:
            show.say(purged_lines.as_text(Line(*error.line)))
        raise
    if json:
        show.json_line(wire.task_history(detail, sq.clock.now()))
        return
    paged_if_long(as_text(sq, detail, timeline=timeline))


def as_text(sq: SparkQ, detail: Detail, *, timeline: bool) -> str:
    """A task as a person reads it, here and in the pager of `sparkq review`; nothing in it is raw."""
    now = sq.clock.now()
    lines = [_head(sq, detail), f"\n{show.paint('Prompt', 'bold')}", show.block(detail.prompt)]
    if detail.feedback:
        lines += [f"\n{show.paint('Feedback', 'bold')}", show.block(detail.feedback)]
    lines += [_attempt(detail.task, attempt) for attempt in detail.attempts]
    if detail.task.status == Status.HELD:
        lines.append(f'\nIt waits for your answer: sparkq answer {detail.task.id} "…"')
    if detail.late_text is not None and detail.late_text not in [attempt.late_text for attempt in detail.attempts]:
        lines += [f"\n{show.paint(said_later(detail.task), 'bold')}", show.block(detail.late_text)]
    if timeline:
        if detail.checks:
            lines += [
                f"\n{show.paint('Checks', 'bold')}",
                *(line for run in detail.checks for line in check_lines.of_run(run, now)),
            ]
        lines += [f"\n{show.paint('Timeline', 'bold')}", *(_event(event, now) for event in detail.events)]
    return "\n".join(lines)


def _event(event: Event, now: int) -> str:
    facts = [f"attempt {event.attempt}"] if event.attempt else []
    facts += [door_of(event)] if event.door else [safe(event.worker)] if event.worker and event.attempt else []
    number = f" ({', '.join(facts)})" if facts else ""
    return f"  {times.second(event.at, now)}  {event.kind}{number}{show.fit(f'  {safe(event.text)}' if event.text else '', 100)}"


def door_of(event: Event) -> str:
    """Return by which door a verdict or a move came: `over REST by curl/8.5.0`."""
    door = SAID_OF_DOOR.get(event.door or "", safe(event.door or ""))
    return f"{door} by {safe(event.worker)}" if event.worker else door


def _head(sq: SparkQ, detail: Detail) -> str:
    task, now = detail.task, sq.clock.now()
    took = times.took(task.duration_ms) if task.duration_ms is not None and task.finished_at is not None else None
    cancelled = task.status == Status.CANCELLED
    status = show.paint(task.status, task.status)
    state = f"{status} {show.mark(task, now)} {safe(task.error_type or '')}".rstrip()
    state += f" ({task.review_state})" if task.review_state else ""
    facts = show.field_lines([
        ("status", state),
        ("queue", task.queue),
        ("session", task.session),
        ("tool", safe(f"{task.tool} ({task.task_class}, timeout {task.timeout} s)")),
        ("worker", safe(task.worker or "")),
        ("limit", f"{show.limit(task, now)}; then it goes back to its queue" if task.limit_until else None),
        *_chat(detail, now),
        ("since", _since(sq, task, now)),
        ("progress", _progress(sq, task, now)),
        ("created", f"{times.ago(task.created_at, now)} ago by {task.source}"),
        ("took", took),
        ("finished", _at(task.finished_at, now)),
        ("deadline", f"in {times.span(task.deadline - now)}" if task.deadline and task.deadline > now else None),
        *_changed(detail),
        *_checked(detail),
        ("reviewed", _reviewed(detail, now)),
    ])  # fmt: skip
    return "\n".join(
        [
            show.one_line(f"{show.paint(wire.friendly(task.id), 'bold')}  {safe(task.title)}"),
            facts,
            *([show.block(str(wire.outcome(detail)["error_message"]))] if cancelled else []),
        ]
    )


def _since(sq: SparkQ, task: Task, now: int) -> str | None:
    """Return since when a task that has not finished is in its status."""
    return _at(present.since(sq.db, task), now) if task.finished_at is None else None


def _progress(sq: SparkQ, task: Task, now: int) -> str | None:
    """Return the last note of the worker of a running task."""
    note = present.note(sq.db, task)
    return None if note is None else f"{safe(' '.join(note.text.split()))} ({times.ago(note.at, now)} ago)"


def _at(moment: int | None, now: int) -> str | None:
    return None if moment is None else f"{times.moment(moment, now)} ({times.ago(moment, now)} ago)"


def _reviewed(detail: Detail, now: int) -> str | None:
    """Return when the task was reviewed, and by which door where that was not this one or the page."""
    if detail.task.reviewed_at is None:
        return None
    event = next((event for event in reversed(detail.events) if event.kind in ("reviewed", "accepted")), None)
    how = f", {door_of(event)}, not on the page" if event is not None and event.door == REST else ""
    return f"{times.ago(detail.task.reviewed_at, now)} ago{how}"


def _changed(detail: Detail) -> list[tuple[str, str]]:
    """Return what the attempt changed whose outcome counts, what is not only its own, and how to see it."""
    if detail.last is None:
        return []
    change = view.known(detail.task.id, detail.last)
    size = change_lines.summary(change)
    if not size:
        return []
    if not change.after["files"]:
        return [("changed", size.replace("nothing changed", "nothing"))]
    notes = [("", note) for note in view.notes(change)]
    way = [("", f"to see it: sparkq diff {detail.task.id}")] if change.is_known else []
    return [("changed", size), *notes, *way]


def _checked(detail: Detail) -> list[tuple[str, str]]:
    """Return how the outcome was checked, and how to see what the check printed."""
    names = ("check", *[""] * 2)
    lines = check_lines.of_outcome(detail.check)
    way = [f"to see each run: sparkq task {detail.task.id} --timeline"] if detail.checks else []
    return list(zip(names, [*lines, *way], strict=False))


def _chat(detail: Detail, now: int) -> list[tuple[str, str]]:
    """Return the chat of the attempt whose outcome counts, and the way back into it where its task still waits for it."""
    chat = detail.chat
    if chat is None:
        return []
    known = [("chat", chat_lines.summary(chat, now))]
    if detail.task.status != Status.RUNNING or chat.gone_at is None:
        return [*known, ("", f"to open it again: sparkq chat {detail.task.id}")]
    way = ways_back.to(chat).command or f"sparkq chat {detail.task.id}"
    return [*known, ("", f"open it again, or fail or release the task: {safe(way)}")]


def _attempt(task: Task, attempt: Attempt) -> str:
    took = f", {times.took(attempt.duration_ms)}" if attempt.duration_ms is not None else ""
    kind = f" ({safe(attempt.error_type)})" if attempt.error_type else ""
    change = changes.summary(attempt.git_after) if task.attempts > 1 else ""  # else it is in the head
    changed = f", {change}" if change else ""
    ended = f"{attempt.outcome or Status.RUNNING}{kind}{took}{changed}, {safe(attempt.worker)}"
    lines = [f"\n{show.paint(f'Attempt {attempt.attempt}', 'bold')}  {ended}"]
    lines += [f"  with {_tools(attempt)}"] if attempt.client else []
    lines += [f"  {safe(usage.described(attempt.usage))}"] if attempt.usage else []
    lines += [show.block(text) for text in (attempt.result, attempt.error) if text]
    if attempt.question:
        lines += ["  Its worker asked:", show.block(attempt.question, "    ")]
    if attempt.answer:
        lines += ["  Your answer:", show.block(attempt.answer, "    ")]
    if attempt.data:
        lines.append(f"  data: {safe(attempt.data)}")
    if attempt.late_text is not None:
        lines.append(f"  Its worker said later ({attempt.late_outcome}, {_late_state(task, attempt)}):")
        lines.append(show.block(attempt.late_text, "    "))
    return "\n".join(lines)


def _tools(attempt: Attempt) -> str:
    """Return the client of an attempt with its version and the model, where they are known."""
    return safe(" ".join(part for part in (attempt.client, attempt.client_version, attempt.model) if part))


def said_later(task: Task) -> str:
    """Return the heading of the newest text that a worker sent after its attempt had ended."""
    acceptable = late_results.acceptable(task.late_outcome, task.status)
    way = f", to accept it: sparkq accept {task.id} --attempt {task.late_attempt}" if acceptable else ""
    whose = "Its worker" if task.late_attempt == task.attempts else f"The worker of attempt {task.late_attempt}"
    return f"{whose} said later ({task.late_outcome}{way}):"


def _late_state(task: Task, attempt: Attempt) -> str:
    if attempt.accepted_at:
        return "accepted"
    if late_results.acceptable(attempt.late_outcome, task.status):
        return f"to accept it: sparkq accept {task.id} --attempt {attempt.attempt}"
    return "kept"
