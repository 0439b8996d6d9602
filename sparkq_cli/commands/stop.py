"""`sparkq stop`"""

import typer

from sparkq_cli import service, show
from sparkq_cli.options import Json, Quiet
from sparkq_core import project

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def stop(json: Json = False, quiet: Quiet = False) -> None:
    """Stop the background server. Harmless when none runs.

    Example: sparkq stop
    """
    config = project.effective()
    server = service.running(config)
    if server is not None:
        service.stop(config, server)
    if json:
        show.json_line({"running": False, "stopped": server is not None})
    elif not quiet:
        show.say("The server has stopped." if server is not None else "No server was running.")
