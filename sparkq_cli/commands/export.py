"""`sparkq export`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, write_new
from sparkq_cli.options import new_app
from sparkq_core.installation import export as core

app = new_app()


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Target file (default: standard output).")
    ] = None,
) -> None:
    """Write the whole project as JSON Lines: every task, prompt, attempt and event.

    Example: sparkq export project.jsonl
    """
    sq = open_sparkq()
    write_new(file, core.export(sq), "export")
    if file is not None:
        show.say(f"{file.stat().st_size:,} bytes in {show.near(file, Path())}")
