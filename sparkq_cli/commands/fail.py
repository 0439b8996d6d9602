"""`sparkq fail`"""

from typing import Annotated

import typer

from sparkq_cli.commands.complete import report
from sparkq_cli.context import open_sparkq, text_from
from sparkq_cli.options import Attempt, Json, Quiet, TaskId, TextFile, new_app
from sparkq_core import tasks

app = new_app()


@app.command()
def fail(
    task_id: TaskId,
    message: Annotated[
        str | None,
        typer.Argument(
            metavar="[MESSAGE]", help="What went wrong; `-` reads standard input; without it, $EDITOR opens."
        ),
    ] = None,
    error_type: Annotated[
        str | None, typer.Option("--type", metavar="WORD", help="One word for the kind of failure.")
    ] = None,
    file: TextFile = None,
    attempt: Attempt = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Mark a running task as failed.

    Example: sparkq fail 42 "The test database is missing" --type environment
    """
    sq = open_sparkq()
    with text_from(message, file, "error message") as text:
        done = tasks.fail(sq, task_id, text, error_type=error_type, attempt=attempt)
    report(sq, done, json, quiet)
