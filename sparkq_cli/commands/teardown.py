"""`sparkq teardown`"""

import sys
from contextlib import closing
from typing import Annotated

import typer

from sparkq_cli import service, show
from sparkq_cli.context import agreed, check_keyboard
from sparkq_cli.options import Json, new_app
from sparkq_core import project, queues
from sparkq_core.config import consent
from sparkq_core.config.loading import environment
from sparkq_core.config.settings import Config
from sparkq_core.errors import Busy, InvalidValue, SparkQError, Unseen
from sparkq_core.installation import in_use
from sparkq_core.installation import teardown as core
from sparkq_core.installation.teardown import Item
from sparkq_core.lifecycle import Status
from sparkq_core.text import safe

OPEN = "Another process is using the database."
END = "Close the chats, runners and commands that use it, or add --force."
ASKED = "asked for separately"
AGAIN = " `sparkq start` starts the server again."

app = new_app()


@app.command()
def teardown(
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Ask nothing, remove the .venv of sparkq.sh too, and ignore other processes that use the database.",
        ),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Do not ask; .venv stays. Fails while another process uses the database."),
    ] = False,
    backups: Annotated[bool, typer.Option("--backups", help="Remove the backups and rescue copies too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    json: Json = False,
) -> None:
    """Remove SparkQ from this project, with every task and result. Make a backup first: sparkq backup FILE

    It removes, inside the project only:

    \b
      sparkq/data/sparkq.db and its -wal and -shm files   every task and result
      sparkq/logs/sparkq.log*                             the server's log
      sparkq/run/*.lock, sparkq/run/server.token          lock files, the server's token
      sparkq.yml                                          the settings
      .mcp.json, .claude/settings.local.json, …           exactly what sparkq connect added
      sparkq/.gitignore, lines in .gitignore              what hides the data from Git
      .venv, if sparkq.sh made it                         asked about separately
      .git/sparkq, with --backups                         backups and rescue copies, asked about separately

    Your yes to its hooks, which is kept in your state folder, is forgotten too.

    It stops the server first, and never follows a symlink, leaves the project or touches another program's files.
    Backups stay unless you say yes to them, or --backups. What accepted tasks left (reviews.path) stays.
    Running it again is harmless.

    Example: sparkq teardown --dry-run
    """
    if not dry_run:
        check_keyboard("A project is taken apart by the user.", way="")
    config = project.effective()
    work = _work(config)
    items = core.manifest(config, venv=force, backups=backups)
    venv = None if force or yes else core.virtual_environment(config)
    saved = () if backups else core.backups(config)
    going = [item for item in items if not item.kept]
    if not json:
        _show(config, items, venv, asked_for=() if force or yes or dry_run else saved)
        if work and any(item.path == config.database and not item.kept for item in items):
            show.say(work)
    if dry_run:
        if json:
            show.json_line({"would_remove": [str(item.path) for item in going], "kept": _kept(items)})
        return
    if going and not force:
        if json and not yes:
            raise InvalidValue(
                "Teardown asks for confirmation, which --json does not allow.",
                "Add --yes or --force, or --dry-run to see what it would remove.",
            )
        _alone(config)
        if not yes:
            _ask()
            _unchanged(config, work)
            if saved and _agrees_to(saved, config):
                items, saved = core.manifest(config, venv=force, backups=True), ()
    if going:
        _quiet(config, force)
    gone = core.remove(config, items)
    if venv is not None and not venv.kept and _too(venv, config, json):
        gone += core.remove(config, (venv,))
    if gone:
        consent.withdraw(config.root, environment())
    if json:
        show.json_line({"removed": [str(path) for path in gone], "kept": _kept(items)})
    elif gone:
        show.say(f"{len(gone)} removed. SparkQ has been removed from {safe(str(config.root))}.")
        for item in saved:
            show.say(f"{item.what.capitalize()} stay: {safe(str(item.path))}")
    else:
        show.say("Nothing is left to remove." if items else "SparkQ is not set up here.")


def _ask() -> None:
    """Ask whether everything is to go, where somebody can answer. Raises InvalidValue elsewhere."""
    if not sys.stdin.isatty():
        raise InvalidValue(
            "Teardown asks for confirmation, and this is not a terminal.",
            "Add --yes to remove it (backups stay), or --dry-run to see what it would remove.",
        )
    agreed("Remove this, with every task and result?")


def _unchanged(config: Config, shown: str) -> None:
    """Refuse if the database has other work than was shown with the question. Raises Unseen."""
    if (work := _work(config)) != shown:
        raise Unseen(f"Its tasks have changed since you were asked. {work}", "Look again: sparkq teardown")


def _agrees_to(saved: tuple[Item, ...], config: Config) -> bool:
    """Ask whether the backups are to go too. It comes before anything is removed."""
    folder = saved[0].path if len(saved) == 1 else saved[0].path.parent
    what = " and ".join(item.what for item in saved)
    return typer.confirm(f"Remove {what} in {show.near(folder, config.root)} too?", default=False)


def _too(venv: Item, config: Config, json: bool) -> bool:
    """The second stage: the virtual environment, where somebody can answer."""
    return not json and sys.stdin.isatty() and typer.confirm(f"Remove {show.near(venv.path, config.root)} too?")


def _show(config: Config, items: tuple[Item, ...], venv: Item | None, *, asked_for: tuple[Item, ...]) -> None:
    separately = {item.path for item in asked_for}
    rows = [
        (show.near(item.path, config.root), item.what, ASKED if item.path in separately else _fate(item))
        for item in items
    ]
    if venv is not None:
        state = _fate(venv) if venv.kept else ASKED
        rows.append((show.near(venv.path, config.root), venv.what, state))
    if not rows:
        return
    show.say(f"In {safe(str(config.root))}:")
    widest = max(show.width(path) for path, _, _ in rows)
    for path, what, state in rows:
        show.say(f"  {path}{' ' * (widest - show.width(path))}  {what}, {state}")


def _work(config: Config) -> str:
    """Say how much work goes with the database and how to keep a copy; nothing if there is none, or it cannot be read."""
    if not config.database.is_file():
        return ""
    try:
        with closing(project.open_with(config)) as sq:
            counts = [counts for _, counts in queues.all_of(sq, archived=True)]
    except (SparkQError, OSError):
        return ""  # a damaged database is torn down like any other
    total = sum(sum(getattr(each, status) for status in Status) for each in counts)
    if not total:
        return ""
    parts = [
        f"{sum(getattr(each, name) for each in counts):,} {words}"
        for name, words in (("queued", "queued"), ("held", "held"), ("running", "running"), ("unreviewed", "to review"))
        if any(getattr(each, name) for each in counts)
    ]
    return (
        f"The database has {show.counted(total, 'task')} in {show.counted(len(counts), 'queue')}"
        f"{': ' if parts else ''}{', '.join(parts)}. A copy first: sparkq backup FILE"
    )


def _fate(item: Item) -> str:
    return f"stays: {item.kept}" if item.kept else "goes"


def _kept(items: tuple[Item, ...]) -> list[dict[str, str]]:
    return [{"path": str(item.path), "reason": item.kept} for item in items if item.kept]


def _quiet(config: Config, force: bool) -> None:
    """Stop the server; refuse while somebody else has the database open, if possible before. Raises Busy."""
    if force:
        service.stop(config)
        return
    _alone(config)
    stopped = service.stop(config)
    if in_use.in_use(config):
        raise Busy(f"{OPEN}{' The server has been stopped.' if stopped else ''}", f"{END}{AGAIN if stopped else ''}")


def _alone(config: Config) -> None:
    """Refuse while another process than the server is known to have the database open. Raises Busy."""
    server = service.running(config)
    if server is None and in_use.in_use(config):
        raise Busy(OPEN, END)
    if server is not None and server.pid is not None and in_use.held_by_another(config, server.pid):
        raise Busy(OPEN, END)
