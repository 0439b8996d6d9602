"""`sparkq stop`"""

import typer

from sparkq_cli import service, show
from sparkq_cli.options import Json, Quiet
from sparkq_core import project

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def stop(json: Json = False, quiet: Quiet = False) -> None:
    """Stop the project's server, also one of `sparkq run`. Harmless when none runs.

    Example: sparkq stop
    """
    stopped = service.stop(project.effective())
    if json:
        show.json_line({"running": False, "stopped": stopped})
    elif not quiet:
        show.say("The server has stopped." if stopped else "No server was running.")
