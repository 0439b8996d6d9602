"""`sparkq fail`"""

from typing import Annotated

import typer

from sparkq_cli import settling
from sparkq_cli.context import open_sparkq, text_from
from sparkq_cli.options import Attempt, Json, Quiet, TaskId, TextFile, checked_words, new_app
from sparkq_cli.settling import Next
from sparkq_core import tasks
from sparkq_core.model import Settled

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
    claim_next: Next = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Mark a running task as failed.

    Example: sparkq fail 42 "The test database is missing" --type environment
    """
    settling.check(claim_next, quiet)
    sq = open_sparkq()
    with text_from(message and checked_words(message, "reason"), file, "error message") as text:

        def verb(next_for: str | None = None) -> Settled:
            return tasks.fail(sq, task_id, text, error_type=error_type, attempt=attempt, next_for=next_for)

        if claim_next:
            settling.settle_with_next(sq, verb, task_id, attempt, json=json)
        else:
            settling.settle(sq, verb, json=json, quiet=quiet)
