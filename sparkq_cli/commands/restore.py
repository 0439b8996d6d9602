"""`sparkq restore`"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import agreed
from sparkq_cli.options import Json, new_app
from sparkq_core import project, times
from sparkq_core.clock import SystemClock, iso
from sparkq_core.errors import InvalidValue, NoProject
from sparkq_core.installation import restore as core
from sparkq_core.text import safe

app = new_app()


@app.command()
def restore(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A copy of the list, or any other file (default: the newest copy)."),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only show the copies.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Put a backup or a rescue copy in the place of the database, or list them with --list.

    The present database is set aside first, as a rescue copy: restore that to go back. Open chats and the server go on
    with the restored one.

    Examples:
      sparkq restore --list
      sparkq restore sparkq-2026-11-29T031214-123Z.backup.db
    """
    config = project.effective()
    listed = core.contents(config)
    if only_list:
        _list(listed, json)
        return
    source = _chosen(file, listed)
    if not yes:
        if json or not sys.stdin.isatty():
            raise InvalidValue(
                "Restore asks for confirmation, and this is not a terminal.",
                f"Add --yes to restore {safe(str(source))}.",
            )
        if file is None:
            _list(listed, json)
        agreed(f"Put {safe(source.name)} in the place of {safe(str(config.database))}?")
    done = core.restore(config, source, SystemClock())
    before = None if done.before is None else str(done.before)
    text = f"Restored {safe(str(done.source))}."
    if before is not None:
        text += f"\nWhat was there before is in {safe(before)}"
    show.answer({"restored": str(done.source), "database": str(config.database), "before": before}, text, json=json)


def _chosen(file: Path | None, listed: tuple[core.Content, ...]) -> Path:
    """Return the file to restore: a named one, which may be a name of the list, or the newest usable copy."""
    if file is not None:
        match = next((content.copy.path for content in listed if content.copy.path.name == str(file)), None)
        return match if match is not None and not file.is_file() else file
    newest = next((each.copy.path for each in listed if not each.trouble and not each.copy.is_before_restore), None)
    if newest is None:
        raise NoProject("There is no copy of this project's database.", "Name a file: sparkq restore FILE")
    return newest


def _list(listed: tuple[core.Content, ...], json: bool) -> None:
    if json:
        show.json_line({"copies": [_as_json(content) for content in listed], "total": len(listed)})
        return
    if not listed:
        show.say("There are no copies yet. Make one: sparkq backup")
        return
    show.say(f"In {safe(str(listed[0].copy.path.parent.parent))}, the newest first:\n")
    for content in listed:
        copy = content.copy
        what = content.trouble or f"{show.counted(content.tasks, 'task')}, {content.unreviewed} unreviewed"
        show.say(f"  {times.dated(copy.at):>17}  {copy.kind:9}  {safe(what)}, {content.size:,} bytes")
        show.say(f"                     {safe(copy.path.name)}")
    show.say()


def _as_json(content: core.Content) -> dict[str, object]:
    copy = content.copy
    described: dict[str, object] = {
        "path": str(copy.path),
        "kind": copy.kind,
        "at": iso(copy.at),
        "bytes": content.size,
    }
    if content.trouble:
        return described | {"trouble": content.trouble}
    return described | {"tasks": content.tasks, "unreviewed": content.unreviewed}
