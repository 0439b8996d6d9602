"""`sparkq import`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, read_file
from sparkq_cli.options import Json
from sparkq_core.installation import export as core

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(name="import")
def import_project(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `sparkq export` wrote; `-` reads standard input.")],
    json: Json = False,
) -> None:
    """Read an export into a new project. All of it or nothing; a project with tasks is left alone.

    Example: sparkq setup --yes && sparkq import project.jsonl
    """
    sq = open_sparkq()
    rows = core.load(sq, read_file(file, "export").split("\n"))
    if json:
        show.json_line({"rows": rows})
    else:
        show.say(f"{rows:,} rows imported.")
