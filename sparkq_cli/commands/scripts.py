"""`sparkq scripts`"""

from shlex import quote
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core import scripts as core
from sparkq_core import wire
from sparkq_core.config import loading
from sparkq_core.config.settings import Config
from sparkq_core.errors import NoProject
from sparkq_core.text import safe

app = new_app()


@app.command()
def scripts(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="A tag, or words of name and description.")
    ] = None,
    json: Json = False,
) -> None:
    """List the project's scripts by their comment headers.

    A header is `# name: …`, `# description: …`, `# inputs: ENV (required)`, `# outputs: …`, `# tags: …`,
    `# timeout: 60`, `# task_class: FAST_SCRIPT` before the first line of code, in the folders of script_dirs.

    Example: sparkq scripts deploy
    """
    config = _config()
    matches = core.matching(core.index(config.root, config.settings.script_dirs), words or ())
    if json:
        listed = [wire.script(script) for script in matches]
        show.json_line({"scripts": listed, "total": len(listed)})
        return
    if not matches:
        folders = safe(", ".join(config.settings.script_dirs))
        show.say(f"No script with a header{' matches' if words else ''} in {folders}. See: sparkq scripts --help")
        return
    rows = [
        [
            safe(script.name),
            safe(script.path),
            safe(script.description),
            safe(", ".join(f"{part.name}{'*' if part.required else ''}" for part in script.inputs)),
            safe(", ".join(script.tags)),
        ]
        for script in matches
    ]
    show.table(["NAME", "PATH", "DESCRIPTION", "INPUTS (* required)", "TAGS"], rows, flexible=2, droppable=(4, 1, 3))
    show.say(f"\nQueue one: sparkq enqueue --script {quote(safe(matches[0].name))} --queue NAME")


def _config() -> Config:
    """Return the effective settings, even if no project was set up yet."""
    try:
        return open_sparkq().config
    except NoProject:
        return loading.load()
