"""`sparkq backup`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core.clock import iso
from sparkq_core.installation import backup as core

app = new_app()


@app.command()
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Target file (default: beside the database, with the time in its name)."),
    ] = None,
    json: Json = False,
) -> None:
    """Write a consistent copy of the database, even while it is in use. Never overwrites a file.

    To restore: Stop what uses it, move the database and the `-wal` and `-shm` files beside it away, and put a backup in
    its place.

    Example: sparkq backup ~/sparkq-monday.db
    """
    sq = open_sparkq()
    name = f"{sq.config.database.stem}-{iso(sq.clock.now()).replace(':', '').replace('.', '-')}.backup.db"
    target = file or sq.config.database.with_name(name)
    size = core.copy(sq, target)
    show.answer({"path": str(target), "bytes": size}, f"{size:,} bytes in {target}", json=json)
