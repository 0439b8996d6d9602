"""`sparkq diff`"""

import sys
from typing import Annotated

import typer

from sparkq_cli import change_lines, changed, show
from sparkq_cli.context import open_sparkq, paged
from sparkq_cli.options import Json, new_app
from sparkq_core import tasks, wire
from sparkq_core.changes import view
from sparkq_core.changes.view import Change
from sparkq_core.project import SparkQ

app = new_app()


@app.command()
def diff(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Tasks: 42, or 41-45.")],
    attempt: Annotated[
        int | None, typer.Option("--attempt", metavar="N", help="This attempt (default: the one whose outcome counts).")
    ] = None,
    stat: Annotated[bool, typer.Option("--stat", help="Only the files, and how many of their lines changed.")] = False,
    reverse: Annotated[bool, typer.Option("--reverse", "-R", help="The patch that undoes the change.")] = False,
    json: Json = False,
) -> None:
    """Show what a task changed in the repository: its new, changed and deleted files, committed or not.

    Of several tasks, in the order in which they ended.

    Examples:
      sparkq diff 42
      sparkq diff 41-45 --stat
      sparkq diff 42 --reverse | git apply
    """
    sq = open_sparkq()
    changes, missing = changed.named(sq, ids, attempt)
    changes = view.in_order(sq, changes)
    if reverse:
        changes.reverse()
    if json:
        listed = [wire.change(change, view.files(sq, change)) for change in changes]
        show.json_line({"changes": listed, "total": len(listed), "missing": [wire.error(error) for error in missing]})
        return
    for error in missing:
        show.note(f"{error.message} {error.hint}")
    if sys.stdout.isatty():
        paged("\n".join(line for change in changes for line in _shown(sq, change, stat=stat, reverse=reverse)))
    else:
        for change in changes:
            _write(sq, change, stat=stat, reverse=reverse)


def _shown(sq: SparkQ, change: Change, *, stat: bool, reverse: bool) -> list[str]:
    return change_lines.on_screen(sq, change, tasks.get(sq, change.task).title, stat=stat, reverse=reverse)


def _write(sq: SparkQ, change: Change, *, stat: bool, reverse: bool) -> None:
    """Write the patch byte for byte, for another program."""
    patch = view.stat(sq, change, reverse=reverse) if stat else view.patch(sq, change, reverse=reverse)
    if not patch:
        show.note(f"{wire.friendly(change.task)} changed nothing.")
    for note in view.notes(change):
        show.note(f"{wire.friendly(change.task)}: {note}")
    sys.stdout.flush()
    sys.stdout.buffer.write(patch)
