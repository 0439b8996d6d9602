"""`sparkq teardown`"""

from typing import Annotated

import typer

from sparkq_cli import service, show
from sparkq_cli.options import Json
from sparkq_core import config as configuration
from sparkq_core import removal
from sparkq_core.errors import Busy, InvalidValue
from sparkq_core.removal import Item
from sparkq_core.settings import Config

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def teardown(
    force: Annotated[
        bool, typer.Option("--force", help="Ask nothing, remove .venv too, and do not mind who has the database open.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    json: Json = False,
) -> None:
    """Remove SparkQ from this project, with every task and result. Take a backup first: sparkq backup FILE

    It removes, inside the project only:

    \b
      sparkq/data/sparkq.db and its -wal and -shm files   every task and result
      sparkq/logs/sparkq.log*                             the server's log
      sparkq/run/*.lock                                   lock files
      sparkq.yml                                          the settings
      SparkQ's own lines in .gitignore
      what `sparkq connect` wrote into .mcp.json, .cursor and .vscode
      .venv                                               asked for separately

    It stops the server first, and never follows a symlink, leaves the project or touches another program's files.
    Backups stay. Running it again is harmless.
    """
    config = configuration.load()
    items = removal.manifest(config)
    venv = removal.virtual_environment(config)
    doomed = [item for item in items if not item.kept]
    if not json:
        _show(config, items)
    if dry_run:
        if json:
            show.json_line({"would_remove": [str(item.path) for item in doomed], "kept": _kept(items)})
        return
    if doomed and not force:
        if json:
            raise InvalidValue("Teardown asks before it removes.", "Add --force, or --dry-run to look.")
        typer.confirm("Remove this, with every task and result?", abort=True)
    if doomed:
        _quiet(config, force)
    gone = removal.remove(config, items)
    if (
        venv is not None
        and not venv.kept
        and (force or (doomed and not json and typer.confirm(f"Remove {venv.path} too?", default=False)))
    ):
        gone += removal.remove(config, (venv,))
    if json:
        show.json_line({"removed": [str(path) for path in gone], "kept": _kept(items)})
    else:
        show.say(f"{len(gone)} removed. SparkQ is gone from {config.root}." if gone else "Nothing of SparkQ is here.")


def _show(config: Config, items: tuple[Item, ...]) -> None:
    if not items:
        return
    show.say(f"In {config.root}:")
    for item in items:
        state = f"stays: {item.kept}" if item.kept else "goes"
        show.say(f"  {item.path}  ({item.what}, {state})")


def _kept(items: tuple[Item, ...]) -> list[dict[str, str]]:
    return [{"path": str(item.path), "reason": item.kept} for item in items if item.kept]


def _quiet(config: Config, force: bool) -> None:
    """Stop the server; refuse while somebody else has the database open. Raises Busy."""
    server = service.running(config)
    if server is not None:
        service.stop(config, server)
    if not force and removal.in_use(config):
        raise Busy(
            "Another process has the database open.", "End the chats, runners and commands that use it, or add --force."
        )
