"""A table of tasks: since when each is in its state, how long it took and when it finished, and how far it is."""

from collections.abc import Callable, Sequence

from sparkq_cli import show
from sparkq_core import times, wire
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.tasks import present
from sparkq_core.text import safe

HEADS = ("ID", "STATUS", "QUEUE", "TITLE", "AGE", "TOOK", "FINISHED", "WORKER")
TITLE, OPTIONAL = 3, (5, 6, 7)
DROPPED_FIRST = ("WORKER", "FINISHED", "TOOK", "AGE", "QUEUE")
"""The columns that a narrow terminal does without, in this order."""


def print_table(
    sq: SparkQ, tasks: Sequence[Task], accent: Callable[[str], str] = str, below: Sequence[str] | None = None
) -> None:
    """Print a table of tasks. AGE is the time in the present status; columns that say nothing are left out.

    `accent` paints parts of a title, and `below` has a line for under each task instead of the note of its worker.
    """
    now = sq.clock.now()
    rows = [_row(sq, task, now) for task in tasks]
    shown = [at for at in range(len(HEADS)) if at not in OPTIONAL or any(row[at] for row in rows)]
    heads = [HEADS[at] for at in shown]
    show.table(
        heads,
        [[row[at] for at in shown] for row in rows],
        flexible=TITLE,
        droppable=[heads.index(name) for name in DROPPED_FIRST if name in heads],
        accent=accent,
        below=[note_line(sq, task, now) for task in tasks] if below is None else below,
    )
    for task in tasks:
        if gone := show.chat_gone(task, now):
            show.say(f"{wire.friendly(task.id)}: {show.paint(gone, 'warning')}")


def note_line(sq: SparkQ, task: Task, now: int, indent: str = "      ") -> str:
    """Return the last note of a running task in a line, nothing if there is none."""
    note = present.note(sq.db, task)
    if note is None:
        return ""
    line = f"{indent}{show.paint(f'{times.ago(note.at, now)} ago:', 'dim')} {safe(' '.join(note.text.split()))}"
    return show.fit(line, show.columns()) if show.is_terminal() else line


def _row(sq: SparkQ, task: Task, now: int) -> list[str]:
    return [
        wire.friendly(task.id),
        show.state(task, now),
        task.queue,
        safe(task.title),
        times.ago(present.since(sq.db, task), now),
        times.took(task.duration_ms) if task.duration_ms is not None else "",
        times.moment(task.finished_at, now) if task.finished_at is not None else "",
        safe(task.worker or ""),
    ]
