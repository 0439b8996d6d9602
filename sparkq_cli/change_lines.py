"""What a task changed, as a person reads it: what it belongs to, then the patch with colours."""

from sparkq_cli import show
from sparkq_core import wire
from sparkq_core.changes import view
from sparkq_core.changes.states import described
from sparkq_core.changes.view import Change
from sparkq_core.project import SparkQ
from sparkq_core.text import safe

COLOURS = {"+": "added", "-": "removed", "@": "hunk"}
HEADINGS = (
    "diff --git ",
    "index ",
    "--- ",
    "+++ ",
    "new file ",
    "deleted file ",
    "similarity ",
    "rename ",
    "old mode ",
)


def on_screen(sq: SparkQ, change: Change, title: str, *, stat: bool = False, reverse: bool = False) -> list[str]:
    """Return the patch of a task with this title, or its files with `stat`, safe for a terminal. Raises NoChange."""
    lines = [show.paint(f"{wire.friendly(change.task)} {safe(title)}", "bold"), f"  {summary(change)}"]
    lines += [f"  {show.paint(note, 'warning')}" for note in view.notes(change)]
    patch = view.stat(sq, change, reverse=reverse) if stat else view.patch(sq, change, reverse=reverse, binary=False)
    text = patch.decode(errors="replace").removesuffix("\n")
    return [*lines, "", *(_painted(safe(line, lines=True)) for line in text.split("\n") if text), ""]


def summary(change: Change) -> str:
    """Return how much was changed and where: `3 files, +40 −12, on main`. Empty if that is not known.

    With whom it is shared is one of the notes.
    """
    size = described({name: value for name, value in change.after.items() if name != "shared"})
    return safe(", ".join(part for part in (size, view.where(change)) if part)) if size else ""


def _painted(line: str) -> str:
    if line.startswith(HEADINGS):
        return show.paint(line, "bold")
    return show.paint(line, COLOURS[line[0]]) if line[:1] in COLOURS else line
