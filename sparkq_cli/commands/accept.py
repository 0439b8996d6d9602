"""`sparkq accept`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Quiet, TaskId, new_app
from sparkq_core import tasks, wire

app = new_app()


@app.command()
def accept(
    task_id: TaskId,
    attempt: Annotated[
        int | None,
        typer.Option("--attempt", metavar="N", help="The attempt whose late result you accept (default: the newest)."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Accept a late result as the outcome of a failed, cancelled, queued or held task. It came after its attempt had ended.

    Examples:
      sparkq accept 42
      sparkq accept 42 --attempt 1
    """
    sq = open_sparkq()
    task = tasks.accept(sq, task_id, attempt)
    show.answer(
        wire.task_brief(task, sq.clock.now()),
        f"{wire.friendly(task.id)} {task.status}: late result accepted.",
        json=json,
        quiet=quiet,
    )
