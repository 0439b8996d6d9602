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
        typer.Argument(
            metavar="[FOLDER]",
            help="Folder with Python code to look at (default: the working directory, or SparkQ's own code).",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the temporary project so that you can look around.")
    ] = False,
) -> None:
    """Show the whole workflow on real code: queue tasks, let an MCP client do them, review the results.

    Everything happens in a temporary project; your files are not changed.

    Example: sparkq demo --keep
    """
    from sparkq_mcp.demo import main

    main([*([str(folder)] if folder else []), *passed_on("--keep", keep)])
