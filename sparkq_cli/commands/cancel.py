"""`sparkq cancel`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Quiet, TaskId
from sparkq_core import tasks, wire

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def cancel(
    task_id: TaskId,
    reason: Annotated[str, typer.Argument(metavar="[REASON]", help="Why, for the task's history.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take a queued task out of the line. `sparkq requeue` brings it back. It needs no review.

    Example: sparkq cancel 42 "done by hand"
    """
    sq = open_sparkq()
    task = tasks.cancel(sq, task_id, reason)
    if json:
        show.json_line(wire.task_brief(task, sq.clock.now()))
    elif not quiet:
        show.say(f"{wire.friendly(task.id)} is cancelled. Back: sparkq requeue {task.id}")
