"""`sparkq demo`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli.options import new_app, passed_on

app = new_app()


@app.command()
def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="The Python code to look at; else what is here, else SparkQ itself."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the temporary project in place to look around.")] = False,
) -> None:
    """Show the whole loop on real work: queue tasks, let a real MCP client do them, review the results.

    Everything happens in a temporary project; nothing of yours is changed.

    Example: sparkq demo --keep
    """
    from sparkq_mcp.demo import main

    main([*([str(folder)] if folder else []), *passed_on("--keep", keep)])
