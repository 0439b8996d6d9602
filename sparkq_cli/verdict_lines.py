"""Say which verdicts were undone, and which came over REST: for `sparkq undo` and the review."""

from collections.abc import Sequence

from sparkq_cli import show
from sparkq_core import times, wire
from sparkq_core.lifecycle import FINISHED_STATUSES
from sparkq_core.model import RestVerdict
from sparkq_core.tasks.undo import Undone
from sparkq_core.text import counted, safe

MOST_SHOWN = 10


def undone(tasks: Sequence[Undone]) -> str:
    """Return a line for each task whose verdict was undone, of the first ones."""
    lines = [_line(each) for each in tasks[:MOST_SHOWN]]
    if len(tasks) > MOST_SHOWN:
        lines.append(f"{counted(len(tasks) - MOST_SHOWN, 'more task')}.")
    return "\n".join(lines)


def over_rest(given: Sequence[RestVerdict], now: int) -> list[str]:
    """Return the lines about verdicts that came over REST since your last look: none if there are none."""
    if not given:
        return []
    lines = [show.paint("Over REST, not on the page and not in a terminal", "bold")]
    lines += [
        f"  {wire.friendly(each.task)} {safe(each.verdict)}{f' by {safe(each.by)}' if each.by else ''}, "
        f"{times.ago(each.at, now)} ago: {safe(each.title)}"
        for each in given[:MOST_SHOWN]
    ]
    if len(given) > MOST_SHOWN:
        lines.append(f"  {counted(len(given) - MOST_SHOWN, 'more verdict')}.")
    return [*lines, f"To take one back: sparkq undo {given[0].task}", ""]


def _line(undone: Undone) -> str:
    task = undone.task
    state = "unreviewed again" if task.reviewed_at is None and task.news_at is not None else "as it was"
    status = f"{task.status}, {state}" if task.status in FINISHED_STATUSES else f"{task.status} again, {state}"
    return f"{wire.friendly(task.id)} {status}: {undone.verdict} undone."
