"""A finished task as the review shows it: how it ended, what it changed and cost, and the beginning of its outcome."""

from sparkq_cli import chat_lines, check_lines, show
from sparkq_cli.commands.task import said_later
from sparkq_core import changes, chats, inbox, tasks, times, wire
from sparkq_core.lifecycle import Status
from sparkq_core.model import Finished, Task
from sparkq_core.project import SparkQ
from sparkq_core.tasks import usage
from sparkq_core.text import safe

LINES = 6


def say_line(finished: Finished, now: int, asked: str = "", place: str = "") -> None:
    """Print a finished task; `asked` is the beginning of its prompt, `place` which of how many it is."""
    task = finished.task
    took = times.took(task.duration_ms) if task.duration_ms is not None else ""
    facts = ", ".join(
        part for part in (changes.summary(finished.git_after), took, usage.in_short(finished.usage), task.queue) if part
    )
    kind = safe(task.error_type) if task.error_type not in (None, "error") else ""
    reviewed = f"({task.review_state})" if task.review_state else ""
    state = " ".join(
        part for part in (show.paint(task.status, task.status), show.mark(task, now), kind, reviewed) if part
    )
    if place:
        show.say(show.paint(place, "dim"))
    head = f"{show.paint(wire.friendly(task.id), 'bold')}  {state}  {safe(task.title)}"
    behind = f"  {show.paint(facts, 'dim')}"
    if show.is_terminal() and show.width(head + behind) > show.columns():
        show.say(show.one_line(head))
        head, behind = "", f"    {show.paint(facts, 'dim')}"
    show.say(head + behind)
    if asked:
        show.say(show.paint(show.block(asked, "    > "), "dim"))
    for line in check_lines.of_outcome(finished.check):
        show.say(f"      {line}")
    if finished.summary:
        show.say(show.block(_part(finished.summary, task.status), "      "))
    if finished.late_text is not None:
        show.say(show.paint(f"    {said_later(task)}", "bold"))
        show.say(show.block(_part(finished.late_text, task.late_outcome), "      "))


def asked(sq: SparkQ, finished: Finished) -> str:
    """Return the beginning of the prompt, or nothing if the prompt is just the title."""
    prompt = tasks.detail(sq, finished.task.id).prompt.strip()
    if prompt == finished.task.title:
        return ""
    lines = prompt[: inbox.SUMMARY].split("\n")
    cut = len(lines) > LINES or len(prompt) > inbox.SUMMARY
    return "\n".join(lines[:LINES]) + ("\n…" if cut else "")


def say_chat(sq: SparkQ, task: Task) -> None:
    """Print which chat did the work, if a chat did it."""
    chat = chats.of_task(sq.db, task.id)
    if chat is not None:
        show.say(show.paint(f"      chat: {chat_lines.summary(chat, sq.clock.now())}", "dim"))


def _part(text: str, outcome: str | None) -> str:
    """Return the first lines of a result, or the last lines of an error."""
    lines = text.strip().split("\n")
    cut = len(lines) > LINES or len(text) >= inbox.SUMMARY
    if outcome == Status.FAILED:
        return ("…\n" if cut else "") + "\n".join(lines[-LINES:])
    return "\n".join(lines[:LINES]) + ("\n…" if cut else "")
