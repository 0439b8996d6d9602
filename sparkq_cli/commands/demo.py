"""`sparkq demo`"""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


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
    import runpy
    import sys

    sys.argv = ["sparkq demo", *([str(folder)] if folder else []), *(["--keep"] if keep else [])]
    runpy.run_module("sparkq_mcp.demo", run_name="__main__", alter_sys=True)
