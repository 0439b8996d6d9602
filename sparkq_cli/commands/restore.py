"""`sparkq restore`"""

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import agreed
from sparkq_cli.options import Json, new_app
from sparkq_core import project, times
from sparkq_core.clock import SystemClock, iso
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidValue, NoProject
from sparkq_core.installation import restore as core
from sparkq_core.text import safe

app = new_app()


@app.command()
def restore(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="A copy of the list, or any other file (default: the newest copy that can be used and that no restore "
            "set aside).",
        ),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only show the copies.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Put a backup or a rescue copy in the place of the database, or list them with --list.

    The present database is set aside first, as a rescue copy: name that to go back. The list marks the default. Open
    chats and the server go on with the restored one.

    Examples:
      sparkq restore --list
      sparkq restore sparkq-2026-11-29T031214-123Z.backup.db
    """
    config = project.effective()
    listed = core.contents(config)
    if only_list:
        _list(config, listed, json)
        return
    source = _chosen(file, listed, config)
    if not yes:
        if json or not sys.stdin.isatty():
            raise InvalidValue(
                "Restore asks for confirmation, and this is not a terminal.",
                f"Add --yes to restore {safe(str(source))}.",
            )
        if file is None:
            _list(config, listed, json)
        agreed(f"Put {safe(source.name)} in the place of {safe(str(config.database))}?")
    done = core.restore(config, source, SystemClock())
    before = None if done.before is None else str(done.before)
    text = f"Restored {safe(str(done.source))}."
    if before is not None:
        text += f"\nWhat was there before is in {safe(before)}"
    show.answer({"restored": str(done.source), "database": str(config.database), "before": before}, text, json=json)


def _chosen(file: Path | None, listed: tuple[core.Content, ...], config: Config) -> Path:
    """Return the file to restore: a named one, which may be a name of the list, or the default."""
    if file is not None:
        match = next((content.copy.path for content in listed if content.copy.path.name == str(file)), None)
        return match if match is not None and not file.is_file() else file
    newest = core.newest(config, listed)
    if newest is not None:
        return newest.copy.path
    aside = next((each.copy.path.name for each in listed if not each.trouble), None)
    if aside is not None:
        raise NoProject(
            "There is no copy of this project's database but what a restore set aside.",
            f"To go back to that: sparkq restore {shlex.quote(aside)}. To make one of the present database: sparkq backup",
        )
    which = "no copy of this project's database that can be used" if listed else "no copy of this project's database"
    raise NoProject(f"There is {which}.", f"Name a file: sparkq restore FILE.{_without_copies(config, listed)}")


def _without_copies(config: Config, listed: tuple[core.Content, ...]) -> str:
    """Return how to begin again where nothing can be restored, without losing what is there."""
    begin = "sparkq setup --empty" if listed else "sparkq setup"
    if not config.database.exists():
        return f" To begin again: {begin}"
    if not core.is_damaged(config):
        return " To make one of the present database: sparkq backup"
    database = os.path.relpath(config.database)
    aside = shlex.quote(f"{database}.damaged")
    return f" To begin again and keep the damaged file: mv {shlex.quote(database)} {aside} && {begin}"


def _list(config: Config, listed: tuple[core.Content, ...], json: bool) -> None:
    default = core.newest(config, listed)
    if json:
        show.json_line({"copies": [_as_json(content, default) for content in listed], "total": len(listed)})
        return
    if not listed:
        show.say("There are no copies yet. Make one: sparkq backup")
        return
    show.say(f"In {safe(str(listed[0].copy.path.parent.parent))}, the newest first:\n")
    for content in listed:
        copy = content.copy
        what = content.trouble or f"{show.counted(content.tasks, 'task')}, {content.unreviewed} unreviewed"
        show.say(f"  {times.dated(copy.at):>17}  {copy.kind:9}  {safe(what)}, {content.size:,} bytes")
        mark = "  (default)" if content is default else "  (set aside by a restore)" if copy.is_before_restore else ""
        show.say(f"                     {safe(copy.path.name)}{mark}")
    show.say()


def _as_json(content: core.Content, default: core.Content | None) -> dict[str, object]:
    copy = content.copy
    described: dict[str, object] = {
        "path": str(copy.path),
        "kind": copy.kind,
        "at": iso(copy.at),
        "bytes": content.size,
        "default": content is default,
    }
    if content.trouble:
        return described | {"trouble": content.trouble}
    return described | {"tasks": content.tasks, "unreviewed": content.unreviewed}
