"""`sparkq cancel`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, read_file
from sparkq_cli.options import Json, Quiet, completed_ids, ids_and_text, new_app
from sparkq_core import tasks, wire
from sparkq_core.errors import InvalidValue

app = new_app()


@app.command()
def cancel(
    words: Annotated[
        list[str],
        typer.Argument(metavar="ID... [REASON]", help="The tasks: 42, 5-9. Then why.", autocompletion=completed_ids),
    ],
    reason: Annotated[
        str | None,
        typer.Option("--reason", "-m", metavar="TEXT", help="Why, for the history; `-` reads standard input."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Cancel queued or held tasks, all of them or none. `sparkq requeue` brings one back. They need no review.

    Examples:
      sparkq cancel 42 "done by hand"
      sparkq cancel 3 5-9 --reason "the plan has changed"
    """
    ids, text = ids_and_text(words, "reason")
    if text and reason is not None:
        raise InvalidValue("The reason was given twice.", "Give it behind the ids or with --reason.")
    why = read_file(Path("-"), "reason") if "-" in (text, reason) else text or reason or ""
    sq = open_sparkq()
    cancelled = tasks.cancel_all(sq, ids, why)
    briefs = [wire.task_brief(task, sq.clock.now()) for task in cancelled]
    if len(cancelled) == 1:
        undo = f"To undo: sparkq requeue {cancelled[0].id}"
        show.answer(briefs[0], f"{wire.friendly(cancelled[0].id)} is cancelled. {undo}", json=json, quiet=quiet)
        return
    show.answer(
        {"tasks": briefs, "total": len(briefs)},
        f"{show.counted(len(briefs), 'task')} cancelled.",
        json=json,
        quiet=quiet,
    )
