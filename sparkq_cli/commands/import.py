"""`sparkq import`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import lines_of, open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core.installation import importer as core
from sparkq_core.text import counted, safe

app = new_app()


@app.command(name="import")
def import_project(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file written by `sparkq export`; `-` reads standard input.")
    ],
    json: Json = False,
) -> None:
    """Read an export into a new project. It imports everything or nothing, and refuses a project that has tasks.

    Example: sparkq setup --yes && sparkq import project.jsonl
    """
    sq = open_sparkq()
    with lines_of(file, "export") as lines:
        done = core.load(sq, lines)
    text = f"{counted(done.rows, 'row')} imported."
    if done.hooks:
        left = f"{counted(len(done.hooks), 'hook')} {'was' if len(done.hooks) == 1 else 'were'} left out"
        text += (
            f" {left} ({safe(', '.join(done.hooks))}): add {'it' if len(done.hooks) == 1 else 'them'} to sparkq.yml."
        )
    show.answer({"rows": done.rows, "hooks_left_out": list(done.hooks)}, text, json=json)
