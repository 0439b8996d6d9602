"""`sparkq undo`"""

from typing import Annotated

from sparkq_cli import show, verdict_lines
from sparkq_cli.context import VERDICTS, check_keyboard, open_sparkq, write_artefacts
from sparkq_cli.options import Json, Quiet, new_app, task_ids
from sparkq_core import wire
from sparkq_core.tasks import undo as core
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()


@app.command()
def undo(
    ids: Annotated[
        list[int] | None, task_ids("Undo the last verdict on these tasks (default: the last of all):")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Undo the last verdict, or that on a task: it is unreviewed again, and a requeue is undone until it is claimed.

    The tasks that were reviewed by one command come back together. A requeued task has its outcome again, and its next
    worker does not get the feedback. Once anything else has happened to a task, its verdict stays.

    Examples:
      sparkq undo
      sparkq undo 42
    """
    check_keyboard(VERDICTS)
    sq = open_sparkq()
    undone = core.unreview(sq, ids or (), giver=Giver(TERMINAL))
    now = sq.clock.now()
    facts = {"tasks": [wire.task_brief(each.task, now) for each in undone], "total": len(undone)}
    show.answer(facts, verdict_lines.undone(undone), json=json, quiet=quiet)
    write_artefacts(sq)
