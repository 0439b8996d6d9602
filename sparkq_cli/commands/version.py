"""`sparkq version`"""

import typer

from sparkq_cli import show
from sparkq_cli.options import Json
from sparkq_core import __version__

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def version(json: Json = False) -> None:
    """Print the version.

    Example: sparkq version --json
    """
    if json:
        show.json_line({"version": __version__})
    else:
        show.say(f"sparkq {__version__}")
