"""`sparkq mcp`: starts the other door. `sparkq_cli.main` goes there directly; this room serves help and `-C`."""

import runpy
import sys
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def mcp(
    project: Annotated[str | None, typer.Option("--project", metavar="PATH", help="A folder of the project.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer only the tools that change nothing.")] = False,
    tools: Annotated[
        str | None, typer.Option("--tools", metavar="NAMES", help="Offer only these: claim,complete,fail")
    ] = None,
) -> None:
    """Serve this project's queues to Claude over MCP on standard input and output.

    An MCP client starts this; sparkq connect writes its configuration.

    Example: sparkq mcp --project ~/shop
    """
    sys.argv = ["sparkq mcp", *(["--project", project] if project else []), *(["--read-only"] if read_only else [])]
    sys.argv += ["--tools", tools] if tools else []
    runpy.run_module("sparkq_mcp.transport.stdio", run_name="__main__", alter_sys=True)
