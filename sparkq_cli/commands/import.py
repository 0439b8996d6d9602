"""`sparkq import`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, read_file
from sparkq_cli.options import Json, new_app
from sparkq_core.installation import export as core

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
    rows = core.load(sq, read_file(file, "export").split("\n"))
    show.answer({"rows": rows}, f"{rows:,} rows imported.", json=json)
