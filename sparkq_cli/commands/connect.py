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
    only_print: Annotated[bool, typer.Option("--print", help="Show the configuration; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Tell an MCP client where this project's server is, and check that it starts.

    What the client's configuration said before is kept beside it. Claude Desktop has one for all projects: each has a
    server of its own there.

    Example: sparkq connect claude-code
    """
    config = project.effective()
    if not config.database.is_file():
        raise NoProject("There is no project here to connect.", "Run `sparkq setup` first.")
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
    show.say(f"{target.name} finds SparkQ in {target.file}" + (f" (before: {kept.name})." if kept else "."))
    if called != mcp_clients.NAME:
        show.say(f"It is called {called} there; other projects keep theirs.")
    show.say(f"Checked: the server starts and offers {tools} tools. Restart {target.name} to use them.")
