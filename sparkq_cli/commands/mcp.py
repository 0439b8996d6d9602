"""`sparkq mcp`, for its help and behind `-C`: otherwise `sparkq_cli.main` starts the MCP server without Typer."""

from typing import Annotated

import typer

from sparkq_cli.options import new_app, passed_on

app = new_app()


@app.command()
def mcp(
    project: Annotated[
        str | None, typer.Option("--project", metavar="PATH", help="Project folder (default: the working directory).")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer only the tools that change nothing.")] = False,
    tools: Annotated[
        str | None, typer.Option("--tools", metavar="NAMES", help="Offer only these: claim,complete,fail")
    ] = None,
) -> None:
    """Serve this project's queues to Claude over MCP on standard input and output.

    MCP clients start this command; `sparkq connect` writes their configuration.

    Example: sparkq mcp --project ~/shop
    """
    from sparkq_mcp.transport import stdio

    stdio.main([*passed_on("--project", project), *passed_on("--tools", tools), *passed_on("--read-only", read_only)])
