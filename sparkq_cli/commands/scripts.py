"""`sparkq scripts`"""

from collections.abc import Container
from shlex import quote
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core import scripts as core
from sparkq_core import wire
from sparkq_core.config import loading
from sparkq_core.config.settings import BUILT_IN_CLASSES, Config
from sparkq_core.errors import InvalidValue, NoProject
from sparkq_core.text import safe

app = new_app()


@app.command()
def scripts(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="A tag, or words of name and description.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Show what of the headers cannot be read; exit code 1 if there is anything.")
    ] = False,
    json: Json = False,
) -> None:
    """List the project's scripts by their comment headers.

    A header is `# name: …`, `# description: …`, `# inputs: ENV (required)`, `# outputs: …`, `# tags: …`,
    `# timeout: 5m`, `# task_class: FAST_SCRIPT` in the comments or the docstring at the top, in the folders of script_dirs.

    Examples:
      sparkq scripts deploy
      sparkq scripts --check
    """
    config = _config()
    if check:
        _check(config, words or [], json)
        return
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


def _check(config: Config, words: list[str], json: bool) -> None:
    """Print what the index does not read. Raises typer.Exit if there is anything in a header."""
    if words:
        raise InvalidValue("--check is for all scripts.", "Leave the words out.")
    checked = core.check(config.root, config.settings.script_dirs)
    classes = BUILT_IN_CLASSES.keys() | config.settings.task_classes.keys()
    problems = [
        (each.path, problem)
        for each in checked
        for problem in (*each.problems, *_unknown_class(each.script and each.script.task_class, classes))
    ]
    without = [each.path for each in checked if each.script is None and not each.problems]
    with_header = sum(each.script is not None for each in checked)
    if json:
        listed = [{"path": path, "problem": problem} for path, problem in problems]
        show.json_line({"scripts": with_header, "problems": listed, "without_header": without})
    else:
        for path, problem in problems:
            show.say(f"{safe(path)}: {safe(problem)}")
        for path in without:
            show.say(f"{safe(path)}: no header")
        counted = show.counted(with_header, "script")
        show.say(
            f"{counted} with a header, {show.counted(len(problems), 'problem')}, {len(without):,} without a header."
        )
    if problems:
        raise typer.Exit(1)


def _unknown_class(name: str | None, classes: Container[str]) -> list[str]:
    return [f"task_class: there is no class {name!r}."] if name is not None and name not in classes else []


def _config() -> Config:
    """Return the effective settings, even if no project was set up yet."""
    try:
        return open_sparkq().config
    except NoProject:
        return loading.load()
