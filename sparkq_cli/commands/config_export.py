"""`sparkq config-export`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, write_new
from sparkq_core import lifecycle

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def config_export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to; else standard output.")] = None,
) -> None:
    """Print the settings in force as a commented sparkq.yml.

    Example: sparkq config-export sparkq.yml
    """
    text = lifecycle.render(lifecycle.exported(open_sparkq()))
    write_new(file, text.splitlines(), "export")
    if file is not None:
        show.say(f"Written to {file}.")
