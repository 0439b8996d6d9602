"""`sparkq version`"""

from sparkq_cli import show
from sparkq_cli.options import Json, new_app
from sparkq_core import __version__

app = new_app()


@app.command()
def version(json: Json = False) -> None:
    """Print the version.

    Example: sparkq version --json
    """
    show.answer({"version": __version__}, f"sparkq {__version__}", json=json)
