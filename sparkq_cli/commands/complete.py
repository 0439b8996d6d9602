"""`sparkq complete`"""

import json as json_format
from contextlib import suppress
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, text_from
from sparkq_cli.options import Attempt, Json, Quiet, TaskId, TextFile, new_app
from sparkq_core import tasks, wire
from sparkq_core.errors import InvalidValue, SparkQError
from sparkq_core.maintenance.hook_starter import start_due
from sparkq_core.model import Settled
from sparkq_core.project import SparkQ

app = new_app()


@app.command()
def complete(
    task_id: TaskId,
    summary: Annotated[
        str | None,
        typer.Argument(metavar="[SUMMARY]", help="What was done; `-` reads standard input; without it, $EDITOR opens."),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="Any JSON value, kept beside the summary for programs.")
    ] = None,
    file: TextFile = None,
    attempt: Attempt = None,
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
    sq = open_sparkq()
    with text_from(summary, file, "result") as text:
        done = tasks.complete(sq, task_id, text, data=value, attempt=attempt)
    report(sq, done, json, quiet)


def report(sq: SparkQ, done: Settled, json: bool, quiet: bool) -> None:
    """What a settled task answers, and then the hooks that it starts, for `complete` and `fail`."""
    if json:
        show.json_line(wire.settled(done))
    elif not quiet:
        show.say(f"{_said(done)} {done.remaining} queued in {done.task.queue}.")
    with suppress(SparkQError):  # the result is safe: the next process that looks starts them
        start_due(sq)


def _said(done: Settled) -> str:
    task = done.task
    if not done.again:
        took = f" after {show.duration(task.duration_ms)}" if task.duration_ms is not None else ""
        return f"{wire.friendly(task.id)} {task.status}{took}."
    change = "your other words are kept beside the first, for the review" if done.kept else "nothing changed"
    if (done.attempt, done.outcome) == (task.attempts, task.status):
        return f"{wire.friendly(task.id)} {task.status} already; {change}."
    return (
        f"Attempt {done.attempt} of {wire.friendly(task.id)} {done.outcome} already; {change}. "
        f"The task is {task.status}{f', attempt {task.attempts}' if task.attempts != done.attempt else ''}."
    )
