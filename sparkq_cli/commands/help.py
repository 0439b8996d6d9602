"""`sparkq help`"""

from typing import Annotated

import typer

from sparkq_cli.options import new_app

app = new_app()


@app.command(name="help")
def explain(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]...", help="A command, or a noun with its verb.")
    ] = None,
) -> None:
    """Show the help of a command, or list all commands.

    Examples:
      sparkq help enqueue
      sparkq help queue create
    """
    ctx.find_root().command.main([*(words or ()), "--help"], prog_name="sparkq")
