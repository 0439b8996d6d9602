"""`sparkq help`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.options import new_app

app = new_app()


@app.command(name="help")
def explain(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]...", help="A command, or a noun with its verb.")
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Print the manual page of all commands, for man.")] = False,
) -> None:
    """Show the help of a command, or list all commands.

    Examples:
      sparkq help enqueue
      sparkq help queue create
      sparkq help --man | man -l -
      sparkq help --man > ~/.local/share/man/man1/sparkq.1
    """
    if man:
        from sparkq_cli.manual import manual  # it imports every command

        show.say(manual().rstrip("\n"))
        return
    ctx.find_root().command.main([*(words or ()), "--help"], prog_name="sparkq")
