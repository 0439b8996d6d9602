"""`sparkq accept`"""

from typing import Annotated

import typer

from sparkq_cli import selection, show
from sparkq_cli.context import VERDICTS, check_keyboard, open_sparkq, write_artefacts
from sparkq_cli.options import Json, Quiet, ids_then, new_app
from sparkq_cli.selection import AllOfQueue, AllOfStatus, Chosen, Filters, Verb, Yes
from sparkq_core import inbox, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import FINISHED_STATUSES, Status
from sparkq_core.model import Task
from sparkq_core.text import safe
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()

MOST_NAMED = 20


@app.command()
def accept(
    words: Annotated[list[str] | None, ids_then("[ID]...", "")] = None,
    attempt: Annotated[
        int | None,
        typer.Option("--attempt", metavar="N", help="The attempt whose late result you accept (default: the newest)."),
    ] = None,
    queue: AllOfQueue = None,
    status: AllOfStatus = None,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Accept finished tasks: they are reviewed. A late result, which came after its attempt had ended, becomes the outcome.

    Of a queued or held task, its late result is accepted, and the task leaves its queue. Either all are accepted or none.
    To undo it: sparkq undo

    Examples:
      sparkq accept 42 43
      sparkq accept 42 --attempt 1
      sparkq accept --queue docs --status succeeded     (shows its unreviewed tasks and asks)
    """
    check_keyboard(VERDICTS)
    sq, giver = open_sparkq(), Giver(TERMINAL)
    verb = Verb("accept", FINISHED_STATUSES, (Status.SUCCEEDED, Status.FAILED), reviewed=False)
    choice = selection.chosen(sq, words or (), Filters(queue, status, yes), verb, json=json)
    if choice.text:
        raise InvalidValue(f"{safe(choice.text)[:40]!r} is not a task id.", "Type the numbers of the tasks: 42 5-9.")
    ids = choice.ids
    if attempt is not None and len(ids) != 1:
        raise InvalidValue("--attempt is for one task.", f"Name one: sparkq accept {ids[0]} --attempt {attempt}")
    if attempt is not None:
        accepted: tuple[Task, ...] = (tasks.accept(sq, ids[0], attempt, giver=giver),)
    elif choice.by_filter:
        accepted = inbox.accept_all(sq, choice.seen, giver=giver)
    else:
        accepted = inbox.accept(sq, ids, giver=giver)
    _report(accepted, sq.clock.now(), choice, json=json, quiet=quiet)
    write_artefacts(sq)


def _report(accepted: tuple[Task, ...], now: int, choice: Chosen, *, json: bool, quiet: bool) -> None:
    briefs = [wire.task_brief(task, now) for task in accepted]
    if len(accepted) == 1 and not choice.by_filter:
        show.answer(briefs[0], _line(accepted[0]), json=json, quiet=quiet)
        return
    named = ", ".join(wire.friendly(task.id) for task in accepted[:MOST_NAMED])
    more = f" and {len(accepted) - MOST_NAMED:,} more" if len(accepted) > MOST_NAMED else ""
    facts = {"tasks": briefs, "total": len(briefs)}
    show.answer(
        facts, f"{len(accepted):,} accepted: {named}{more}." if accepted else "No tasks match.", json=json, quiet=quiet
    )


def _line(task: Task) -> str:
    if task.accepted_attempt is not None:
        return f"{wire.friendly(task.id)} {task.status}: late result accepted."
    return f"{wire.friendly(task.id)} accepted: it has {task.status}."
