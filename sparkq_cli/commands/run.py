"""`sparkq run`"""

import runpy
import sys
from typing import Annotated

import typer

from sparkq_cli.context import open_sparkq
from sparkq_core.config.settings import SCALARS
from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Host = Annotated[
    str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on (default: server.host).")
]
Port = Annotated[
    int | None, typer.Option("--port", metavar="N", help="Port to listen on (default: server.port).", min=1, max=65535)
]
Env = Annotated[
    str | None, typer.Option("--env", metavar="E", help="dev, test or prod (default: env of the settings).")
]


def passed_on(host: str | None, port: int | None, env: str | None) -> list[str]:
    """The options as the server's own command line. Raises InvalidValue."""
    choices = SCALARS["env"].choices
    if env is not None and env not in choices:
        raise InvalidValue(f"{safe(env)[:40]!r} is no environment.", f"It can be {', '.join(choices)}.")
    given = (("--host", host), ("--port", port), ("--env", env))
    return [part for name, value in given if value is not None for part in (name, str(value))]


@app.command()
def run(host: Host = None, port: Port = None, env: Env = None) -> None:
    """Serve the web page and REST API in the foreground, until Ctrl-C.

    Example: sparkq run --port 5006 --env prod
    """
    given = passed_on(host, port, env)
    open_sparkq().close()  # what is wrong with the project is refused as by every command
    sys.argv = ["sparkq run", *given]
    runpy.run_module("sparkq_http.server", run_name="__main__", alter_sys=True)
