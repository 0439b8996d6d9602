"""`sparkq backup`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core.installation import backup as core

app = new_app()


@app.command()
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Target file (default: in .git/sparkq/backups, with the time in its name)."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Write a consistent copy of the database, even while it is in use. Never overwrites a file.

    Without a repository the default is sparkq/backups. To restore one: sparkq restore

    Example: sparkq backup ~/sparkq-monday.db
    """
    sq = open_sparkq()
    target = file or core.default_target(sq)
    size = core.copy(sq, target)
    show.answer({"path": str(target), "bytes": size}, f"{size:,} bytes in {show.near(target, Path())}", json=json)
