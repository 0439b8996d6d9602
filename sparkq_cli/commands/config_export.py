"""`sparkq config-export`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_core import lifecycle
from sparkq_core.errors import NotEmpty

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def config_export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to; else standard output.")] = None,
) -> None:
    """Print the settings in force as a commented sparkq.yml.

    Example: sparkq config-export sparkq.yml
    """
    text = lifecycle.render(lifecycle.in_force(open_sparkq()))
    if file is None:
        show.say(text.rstrip("\n"))
        return
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise NotEmpty(f"{file} exists already.", "Choose another name, or remove it first.") from error
    show.say(f"Written to {file}.")
