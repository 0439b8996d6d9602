"""`sparkq export`"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli.context import open_sparkq
from sparkq_core import backup
from sparkq_core.errors import NotEmpty, StorageError

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to; else standard output.")] = None,
) -> None:
    """Write the whole project as JSON Lines: every task, prompt, attempt and event.

    Example: sparkq export project.jsonl
    """
    sq = open_sparkq()
    if file is None:
        for line in backup.export(sq):
            sys.stdout.write(f"{line}\n")
        return
    try:
        with file.open("x", encoding="utf-8") as stream:
            for line in backup.export(sq):
                stream.write(f"{line}\n")
    except FileExistsError as error:
        raise NotEmpty(
            f"{file} exists already.", "Choose another name: an export never overwrites anything."
        ) from error
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}.", "Choose another place.") from error
