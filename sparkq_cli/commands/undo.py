"""`sparkq undo`"""

from typing import Annotated

from sparkq_cli import show
from sparkq_cli.context import VERDICTS, check_keyboard, open_sparkq, write_artefacts
from sparkq_cli.options import Json, Quiet, new_app, task_ids
from sparkq_core import undo as core
from sparkq_core import wire
from sparkq_core.lifecycle import FINISHED_STATUSES
from sparkq_core.text import counted
from sparkq_core.undo import Undone
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()

MOST_SHOWN = 10


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
    lines = [_line(each) for each in undone[:MOST_SHOWN]]
    if len(undone) > MOST_SHOWN:
        lines.append(f"{counted(len(undone) - MOST_SHOWN, 'more task')}.")
    now = sq.clock.now()
    facts = {"tasks": [wire.task_brief(each.task, now) for each in undone], "total": len(undone)}
    show.answer(facts, "\n".join(lines), json=json, quiet=quiet)
    write_artefacts(sq)


def _line(undone: Undone) -> str:
    task = undone.task
    state = "unreviewed again" if task.reviewed_at is None and task.news_at is not None else "as it was"
    status = f"{task.status}, {state}" if task.status in FINISHED_STATUSES else f"{task.status} again, {state}"
    return f"{wire.friendly(task.id)} {status}: {undone.verdict} undone."
