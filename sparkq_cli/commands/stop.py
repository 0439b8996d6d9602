"""`sparkq stop`"""

from sparkq_cli import service, show
from sparkq_cli.options import Json, Quiet, new_app
from sparkq_core import project

app = new_app()


@app.command()
def stop(json: Json = False, quiet: Quiet = False) -> None:
    """Stop the project's server, also one started by `sparkq run`. Does nothing if none is running.

    Example: sparkq stop
    """
    stopped = service.stop(project.effective())
    text = "The server has stopped." if stopped else "No server was running."
    show.answer({"running": False, "stopped": stopped}, text, json=json, quiet=quiet)
