"""Say which verdicts were undone, and what the tasks are now: for `sparkq undo` and the review."""

from collections.abc import Sequence

from sparkq_core import wire
from sparkq_core.lifecycle import FINISHED_STATUSES
from sparkq_core.text import counted
from sparkq_core.undo import Undone

MOST_SHOWN = 10


def undone(tasks: Sequence[Undone]) -> str:
    """Return a line for each task whose verdict was undone, of the first ones."""
    lines = [_line(each) for each in tasks[:MOST_SHOWN]]
    if len(tasks) > MOST_SHOWN:
        lines.append(f"{counted(len(tasks) - MOST_SHOWN, 'more task')}.")
    return "\n".join(lines)


def _line(undone: Undone) -> str:
    task = undone.task
    state = "unreviewed again" if task.reviewed_at is None and task.news_at is not None else "as it was"
    status = f"{task.status}, {state}" if task.status in FINISHED_STATUSES else f"{task.status} again, {state}"
    return f"{wire.friendly(task.id)} {status}: {undone.verdict} undone."
