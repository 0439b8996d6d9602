"""`sparkq release`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Attempt, Json, Quiet, TaskId
from sparkq_core import tasks, wire

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def release(
    task_id: TaskId,
    reason: Annotated[str, typer.Argument(metavar="[REASON]", help="Why, for the task's history.")] = "",
    attempt: Attempt = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Give a running task back to its old place in the queue.

    Example: sparkq release 42 "needs the staging server"
    """
    sq = open_sparkq()
    task = tasks.release(sq, task_id, reason, attempt=attempt)
    if json:
        show.json_line(wire.task_brief(task, sq.clock.now()))
    elif not quiet:
        show.say(f"{wire.friendly(task.id)} waits in {task.queue} again, at its old place.")
