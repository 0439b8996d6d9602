"""`sparkq accept`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import VERDICTS, check_keyboard, open_sparkq, write_artefacts
from sparkq_cli.options import Json, Quiet, new_app, task_ids
from sparkq_core import inbox, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.model import Task
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()

MOST_NAMED = 20


@app.command()
def accept(
    ids: Annotated[list[int], task_ids("The tasks:")],
    attempt: Annotated[
        int | None,
        typer.Option("--attempt", metavar="N", help="The attempt whose late result you accept (default: the newest)."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Accept finished tasks: they are reviewed. A late result, which came after its attempt had ended, becomes the outcome.

    Of a queued or held task, its late result is accepted, and the task leaves its queue. Either all are accepted or none.
    To undo it: sparkq undo

    Examples:
      sparkq accept 42 43
      sparkq accept 42 --attempt 1
    """
    check_keyboard(VERDICTS)
    if attempt is not None and len(ids) != 1:
        raise InvalidValue("--attempt is for one task.", f"Name one: sparkq accept {ids[0]} --attempt {attempt}")
    sq, giver = open_sparkq(), Giver(TERMINAL)
    if attempt is not None:
        accepted: tuple[Task, ...] = (tasks.accept(sq, ids[0], attempt, giver=giver),)
    else:
        accepted = inbox.accept(sq, ids, giver=giver)
    _report(accepted, sq.clock.now(), json=json, quiet=quiet)
    write_artefacts(sq)


def _report(accepted: tuple[Task, ...], now: int, *, json: bool, quiet: bool) -> None:
    briefs = [wire.task_brief(task, now) for task in accepted]
    if len(accepted) == 1:
        show.answer(briefs[0], _line(accepted[0]), json=json, quiet=quiet)
        return
    named = ", ".join(wire.friendly(task.id) for task in accepted[:MOST_NAMED])
    more = f" and {len(accepted) - MOST_NAMED:,} more" if len(accepted) > MOST_NAMED else ""
    facts = {"tasks": briefs, "total": len(briefs)}
    show.answer(facts, f"{len(accepted):,} accepted: {named}{more}.", json=json, quiet=quiet)


def _line(task: Task) -> str:
    if task.accepted_attempt is not None:
        return f"{wire.friendly(task.id)} {task.status}: late result accepted."
    return f"{wire.friendly(task.id)} accepted: it has {task.status}."
