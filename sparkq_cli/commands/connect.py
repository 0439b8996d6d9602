"""`sparkq connect`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import connect as core
from sparkq_cli import show
from sparkq_cli.options import Json, new_app
from sparkq_core import project
from sparkq_core.errors import NoProject
from sparkq_core.installation import mcp_clients

app = new_app()


@app.command()
def connect(
    name: Annotated[str, typer.Argument(metavar="CLIENT", help="claude-code, claude-desktop, cursor or vscode.")],
    only_print: Annotated[bool, typer.Option("--print", help="Print the configuration instead of writing it.")] = False,
    json: Json = False,
) -> None:
    """Add this project's server to an MCP client's configuration, and check that it starts.

    A copy of the previous configuration is kept beside it. Claude Desktop has one configuration for all projects, with a
    server for each.

    Example: sparkq connect claude-code
    """
    config = project.effective()
    if not config.database.is_file():
        raise NoProject("There is no project here.", "Run `sparkq setup` first.")
    target = core.client(name, config, Path.home())
    if only_print:
        show.say(core.merged(target, core.server_entry(config), config).text.rstrip("\n"))
        return
    tools, called, kept = core.connect(target, config)
    if json:
        show.json_line(
            {
                "client": name,
                "file": str(target.file),
                "kept": str(kept) if kept else None,
                "name": called,
                "tools": tools,
            }
        )
        return
    show.say(f"{target.name} is configured in {target.file}" + (f" (previous version: {kept.name})." if kept else "."))
    if called != mcp_clients.NAME:
        show.say(f"It is named {called} there; other projects keep their own entries.")
    show.say(f"Checked: the server starts and offers {tools} tools. Restart {target.name} to use them.")
