"""`sparkq config-export`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, write_new
from sparkq_cli.options import new_app
from sparkq_core.config import location
from sparkq_core.installation import setup

app = new_app()


@app.command()
def config_export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Target file (default: standard output).")
    ] = None,
    defaults: Annotated[
        bool,
        typer.Option(
            "--defaults", help="Print the defaults of a new project; works even if sparkq.yml cannot be read."
        ),
    ] = False,
) -> None:
    """Print the current settings as a commented sparkq.yml.

    Example: sparkq config-export sparkq.yml
    """
    values = setup.defaults(location.here()) if defaults else setup.exported(open_sparkq())
    text = setup.render(values)
    write_new(file, text.splitlines(), "export")
    if file is not None:
        show.say(f"Written to {file}.")
