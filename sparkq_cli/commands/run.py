"""`sparkq run`"""

import signal
from typing import Annotated

import typer

from sparkq_cli.context import open_sparkq
from sparkq_cli.options import new_app, passed_on
from sparkq_core.config.settings import SCALARS
from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

app = new_app()

Host = Annotated[
    str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on (default: server.host).")
]
Port = Annotated[
    int | None, typer.Option("--port", metavar="N", help="Port to listen on (default: server.port).", min=1, max=65535)
]
Env = Annotated[
    str | None, typer.Option("--env", metavar="E", help="dev, test or prod (default: env of the settings).")
]


def server_arguments(host: str | None, port: int | None, env: str | None) -> list[str]:
    """Return the options as arguments of the server. Raises InvalidValue."""
    choices = SCALARS["env"].choices
    if env is not None and env not in choices:
        raise InvalidValue(f"{safe(env)[:40]!r} is not an environment.", f"Choose one of: {', '.join(choices)}.")
    return [*passed_on("--host", host), *passed_on("--port", port), *passed_on("--env", env)]


@app.command()
def run(host: Host = None, port: Port = None, env: Env = None) -> None:
    """Serve the web page and REST API in the foreground, until Ctrl-C.

    Example: sparkq run --port 5006 --env prod
    """
    arguments = server_arguments(host, port, env)
    open_sparkq().close()  # an error in the project is reported as by every other command
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the server is imported and handles it
    from sparkq_http import server

    server.main(arguments)
