"""`sparkq release`"""

from contextlib import nullcontext
from typing import Annotated

import typer

from sparkq_cli import selection, settling
from sparkq_cli.context import one_text, open_sparkq, read_dash, record_change, text_from
from sparkq_cli.options import Attempt, Json, Quiet, Reason, ids_then, new_app
from sparkq_cli.selection import AllOfQueue, Filters, Verb, Yes
from sparkq_core import tasks, wire
from sparkq_core.changes import Execution
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.model import Task

app = new_app()


@app.command()
def release(
    words: Annotated[list[str] | None, ids_then("[ID]... [REASON]", "Then why.")] = None,
    reason: Reason = None,
    question: Annotated[
        str | None,
        typer.Option(
            "--question",
            metavar="TEXT",
            help="Ask the person: no worker gets the task until the answer is there. `-` reads standard input.",
        ),
    ] = None,
    attempt: Attempt = None,
    queue: AllOfQueue = None,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Return running tasks to their old places in the queue, or ask the person something about one.

    Examples:
      sparkq release 42 "needs the staging server"
      sparkq release 42 --question "Which date format: ISO 8601 or the one of the old log?"
      sparkq release 3 5-9
    """
    sq = open_sparkq()
    verb = Verb("release", (Status.RUNNING,))
    choice = selection.chosen(sq, words or (), Filters(queue, None, yes), verb, json=json)
    why = one_text(choice.text, reason, "reason", by="--reason")
    if why == "-" and question == "-":
        raise InvalidValue("Standard input is one text.", "Give the reason or the question as an argument.")
    why = read_dash(why, "reason") or ""
    if len(choice.ids) == 1:
        with text_from(question, None, "question") if question is not None else nullcontext() as asked:
            released: tuple[Task, ...] = (tasks.release(sq, choice.ids[0], why, question=asked, attempt=attempt),)
    elif question is not None or attempt is not None:
        raise InvalidValue("--question and --attempt are for one task.", "Name one task.")
    else:
        released = tasks.release_all(sq, choice.ids, why)
    now = sq.clock.now()
    one = _said(released[0]) if released else ""
    briefs = [wire.task_brief(task, now) for task in released]
    selection.answer(briefs, choice, one, "released, at their old places.", json=json, quiet=quiet)
    if question is not None:
        settling.start_hooks(sq)
    for task in released:
        record_change(sq, ended=Execution(task.id, attempt or task.attempts))


def _said(task: Task) -> str:
    if task.status == Status.HELD:
        return f"{wire.friendly(task.id)} is held until its question is answered: sparkq answer {task.id}"
    return f"{wire.friendly(task.id)} is back in {task.queue}, at its old place."
