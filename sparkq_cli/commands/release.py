"""`sparkq release`"""

from contextlib import nullcontext
from typing import Annotated

import typer

from sparkq_cli import settling, show
from sparkq_cli.context import open_sparkq, record_change, text_from
from sparkq_cli.options import Attempt, Json, Quiet, Reason, TaskId, checked_words, new_app
from sparkq_core import tasks, wire
from sparkq_core.changes import Execution
from sparkq_core.lifecycle import Status

app = new_app()


@app.command()
def release(
    task_id: TaskId,
    reason: Reason = "",
    question: Annotated[
        str | None,
        typer.Option(
            "--question",
            metavar="TEXT",
            help="Ask the person: no worker gets the task until the answer is there. `-` reads standard input.",
        ),
    ] = None,
    attempt: Attempt = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Return a running task to its old place in the queue, or ask the person something about it.

    Examples:
      sparkq release 42 "needs the staging server"
      sparkq release 42 --question "Which date format: ISO 8601 or the one of the old log?"
    """
    sq = open_sparkq()
    with text_from(question, None, "question") if question is not None else nullcontext() as asked:
        task = tasks.release(sq, task_id, checked_words(reason, "reason"), question=asked, attempt=attempt)
    text = f"{wire.friendly(task.id)} is back in {task.queue}, at its old place."
    if task.status == Status.HELD:
        text = f"{wire.friendly(task.id)} is held until its question is answered: sparkq answer {task.id}"
    show.answer(wire.task_brief(task, sq.clock.now()), text, json=json, quiet=quiet)
    if asked is not None:
        settling.start_hooks(sq)
    record_change(sq, ended=Execution(task.id, attempt or task.attempts))
