"""`sparkq cancel`"""

from typing import Annotated

from sparkq_cli import selection
from sparkq_cli.context import one_text, open_sparkq, read_dash
from sparkq_cli.options import Json, Quiet, Reason, ids_then, new_app, typed
from sparkq_cli.selection import AllOfQueue, AllOfStatus, Filters, Verb, Yes
from sparkq_core import tasks, wire
from sparkq_core.lifecycle import UNCLAIMED_STATUSES

app = new_app()


@app.command()
def cancel(
    words: Annotated[list[str] | None, ids_then("[ID]... [REASON]", "Then why.")] = None,
    reason: Reason = None,
    queue: AllOfQueue = None,
    status: AllOfStatus = None,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Cancel queued or held tasks, all of them or none. `sparkq requeue` brings one back. They need no review.

    Examples:
      sparkq cancel 42 "done by hand"
      sparkq cancel 3 5-9 --reason "the plan has changed"
      sparkq cancel --queue old         (shows its tasks and asks)
    """
    sq = open_sparkq()
    filters = Filters(queue, status, yes)
    choice = selection.chosen(sq, words or (), filters, Verb("cancel", UNCLAIMED_STATUSES), json=json)
    why = read_dash(one_text(choice.text, reason, "reason", by="--reason"), "reason") or ""
    cancelled = tasks.cancel_all(sq, choice.ids, why)
    now = sq.clock.now()
    briefs = [wire.task_brief(task, now) for task in cancelled]
    undo = f"To undo: sparkq requeue {typed(task.id for task in cancelled)}"
    one = f"{wire.friendly(cancelled[0].id)} is cancelled. {undo}" if cancelled else ""
    selection.answer(briefs, choice, one, f"cancelled. {undo}", json=json, quiet=quiet)
