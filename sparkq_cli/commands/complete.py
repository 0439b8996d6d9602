"""`sparkq complete`"""

import json as json_format
from typing import Annotated

import typer

from sparkq_cli import settling
from sparkq_cli.context import one_text, open_sparkq, text_from
from sparkq_cli.options import Attempt, Json, Quiet, TaskId, TextFile, checked_words, new_app
from sparkq_cli.settling import Next
from sparkq_core import tasks
from sparkq_core.errors import InvalidValue
from sparkq_core.model import Settled

app = new_app()


@app.command()
def complete(
    task_id: TaskId,
    summary: Annotated[
        str | None,
        typer.Argument(metavar="[SUMMARY]", help="What was done; `-` reads standard input; without it, $EDITOR opens."),
    ] = None,
    result: Annotated[
        str | None, typer.Option("--result", "-m", metavar="TEXT", help="What was done; `-` reads standard input.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="Any JSON value, kept beside the summary for programs.")
    ] = None,
    file: TextFile = None,
    attempt: Attempt = None,
    claim_next: Next = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Complete a running task.

    Example: sparkq complete 42 "Fixed the parser; 31 tests pass" --data '{"files": 3}'
    """
    value = None
    if data is not None:
        try:
            value = json_format.loads(data)
        except (ValueError, RecursionError) as error:
            raise InvalidValue(
                f"--data is not JSON: {error}.", "Quote it for the shell: --data '{\"files\": 3}'"
            ) from error
    settling.check(claim_next, quiet)
    sq = open_sparkq()
    given = one_text(summary and checked_words(summary, "result"), result, "result", by="--result")
    with text_from(given, file, "result") as text:

        def verb(next_for: str | None = None) -> Settled:
            return tasks.complete(sq, task_id, text, data=value, attempt=attempt, next_for=next_for)

        if claim_next:
            settling.settle_with_next(sq, verb, task_id, attempt, json=json)
        else:
            settling.settle(sq, verb, json=json, quiet=quiet)
