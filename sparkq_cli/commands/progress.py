"""`sparkq progress`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, read_dash
from sparkq_cli.options import Attempt, Json, Quiet, TaskId, new_app
from sparkq_core import tasks, wire

app = new_app()


@app.command()
def progress(
    task_id: TaskId,
    note: Annotated[
        str, typer.Argument(metavar="[NOTE]", help="A line for the task's timeline; `-` reads standard input.")
    ] = "",
    attempt: Attempt = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Report that a running task is still being worked on; its timeout starts again.

    Example: sparkq progress 42 "half of the tests pass"
    """
    sq = open_sparkq()
    task = tasks.progress(sq, task_id, read_dash(note, "note") or "", attempt=attempt)
    show.answer(
        wire.task_brief(task, sq.clock.now()),
        f"{wire.friendly(task.id)} has {task.timeout} s more.",
        json=json,
        quiet=quiet,
    )
