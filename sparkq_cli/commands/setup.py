"""`sparkq setup`"""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sparkq_cli import connect, setup_questions, show
from sparkq_cli.context import agreed
from sparkq_cli.options import Json, new_app
from sparkq_core import hooks, project, queues, sessions
from sparkq_core.clock import SystemClock
from sparkq_core.config import consent, location, nearby
from sparkq_core.config import loading as configuration
from sparkq_core.config.location import FILE
from sparkq_core.errors import InvalidValue, OtherProject, SparkQError
from sparkq_core.installation import connection, version_one
from sparkq_core.installation import setup as core
from sparkq_core.installation.connection import Target
from sparkq_core.installation.setup import Step
from sparkq_core.project import SparkQ
from sparkq_core.text import counted, safe

app = new_app()


@app.command()
def setup(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; use the defaults and print them.")] = False,
    queue: Annotated[str | None, typer.Option("--queue", metavar="NAME", help="Create this queue too.")] = None,
    session: Annotated[str | None, typer.Option("--session", metavar="NAME", help="Create this session too.")] = None,
    connect_claude: Annotated[
        bool, typer.Option("--connect", help="Write .mcp.json, so that Claude Code can find the queues.")
    ] = False,
    from_v1: Annotated[
        bool,
        typer.Option(
            "--from-v1", help="Bring a project of SparkQ 1 over: its settings, queues and tasks. Asks nothing."
        ),
    ] = False,
    empty: Annotated[
        bool, typer.Option("--empty", help="Make an empty database even if a lost one has backups.")
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="Begin a project here even if a folder above or inside has one.")
    ] = False,
    json: Json = False,
) -> None:
    """Set up this repository: sparkq.yml, and the database, which Git ignores.

    Run it again to look at the settings and change some; tasks are not affected.

    Examples:
      sparkq setup
      sparkq setup --yes --queue backend --connect
      sparkq setup --from-v1
    """
    env = configuration.environment()
    start = location.here()
    asks = not (yes or json) and sys.stdin.isatty()
    brought = _brought_over(start, env, wanted=from_v1, ask=asks)
    yes = yes or brought is not None
    if not yes and not asks:
        raise InvalidValue("Setup asks questions, and this is not a terminal.", "Add --yes to use the defaults.")
    root, known = core.root_for(start, env)
    if not (known or here):
        _alone(root, env, ask=asks)
    values = core.values(start, env)
    core.check_begin(start, env, empty=empty)
    if not json:
        show.say(f"{'SparkQ is set up' if known else 'Setting up SparkQ'} in {safe(str(root))}\n")
    if yes:
        if not json:
            setup_questions.table(values)
    else:
        values = setup_questions.confirmed(values)
    config, steps = core.setup(start, values, SystemClock(), env, empty=empty)
    sq = project.open(start, env=env)
    fresh = not yes and not queues.all_of(sq, archived=True)
    made = _first(sq, session, queue, ask=fresh)
    target = connection.target("claude-code", config, start, env)
    if connect_claude or (fresh and typer.confirm("Connect Claude Code (writes .mcp.json)?", default=True)):
        asks_to_allow = fresh and consent.agent(env) is None
        allow = asks_to_allow and typer.confirm(connect.QUESTION.format(client="Claude Code"), default=True)
        settings = connect.connect(target, allow=allow, env=env).settings
        made["connection"] = str(target.file)
        if settings is not None:
            made["permission"] = str(settings)
    if json:
        done = [{"done": step.done, "path": str(step.path)} for step in steps]
        answer = {"project": config.name, "root": str(root), "settings": values, "steps": done} | made
        show.json_line(answer | ({"from_v1": _as_json(brought)} if brought is not None else {}))
        return
    show.say()
    if brought is not None:
        _report(brought, root)
    for step in steps:
        verb = "created" if brought is not None and step.done == "kept" else step.done
        show.say(f"  {verb:8}{show.near(step.path, root)}")
    for noun, name in made.items():
        show.say(f"  created {noun} {show.near(Path(name), root)}")
    if sentence := _committing(steps, target, root):
        show.say(f"\n{show.prose(sentence)}")
    _next(sq, connected=connection.is_connected(target))


def _brought_over(start: Path, env: Mapping[str, str], *, wanted: bool, ask: bool) -> version_one.Brought | None:
    """Bring a project of SparkQ 1 over, if that is wanted or the answer is yes. None if there is none, and none is wanted."""
    found = version_one.find(start, env)
    if found is None:
        if wanted:
            raise version_one.nothing_found(start, env)
        return None
    if not wanted:
        if not ask:
            raise found.refusal()
        show.say(f"{safe(found.refusal().message)}\n")
        show.say("Its settings, sessions, queues and tasks can be brought over. The old files are kept:")
        for file, kept in ((found.file, found.kept_file), (found.old, found.kept_database)):
            if file is not None and kept is not None:
                show.say(f"  {show.near(file, found.root)} becomes {show.near(kept, found.root)}")
        agreed("\nBring it over?", default=True)
    return version_one.bring_over(found, SystemClock())


def _report(brought: version_one.Brought, root: Path) -> None:
    """Show what came over, what changed on the way, and what was left behind."""
    figures, settings = brought.figures, brought.settings
    show.say(
        f"Brought over from SparkQ 1: {counted(figures.queued, 'queued task')}, "
        f"{counted(figures.finished, 'finished task')}, {counted(figures.queues, 'queue')}, "
        f"{counted(figures.sessions, 'session')}."
    )
    lines = []
    if figures.again:
        lines.append(f"{figures.again} of them had been running: queued again.")
    if figures.old:
        lines.append(f"{counted(figures.old, 'finished task')} left out: older than purge.unreviewed_days.")
    if figures.unknown:
        lines.append(f"{counted(figures.unknown, 'task')} left out: without a queue, or with an unknown status.")
    lines += [f"{safe(old)} is now called {new}." for old, new in figures.renamed]
    lines += settings.notes
    if settings.left:
        lines.append(f"Settings that SparkQ 2 does not have: {', '.join(settings.left)}.")
    lines.append("Do not start SparkQ 1 here again: it would write to the new database.")
    for line in lines:
        show.say(f"  {safe(line)}")
    show.say()
    for kept in brought.kept:
        show.say(f"  {'kept':8}{show.near(kept, root)}")


def _as_json(brought: version_one.Brought) -> dict[str, Any]:
    figures, settings = brought.figures, brought.settings
    return figures._asdict() | {
        "renamed": dict(figures.renamed),
        "notes": list(settings.notes),
        "settings_left_out": list(settings.left),
        "kept": [str(path) for path in brought.kept],
    }


def _first(sq: SparkQ, session: str | None, queue: str | None, *, ask: bool) -> dict[str, str]:
    """Create a first session and queue: those of the options, and a queue that is offered where there is none."""
    made = {}
    if ask and queue is None:
        queue = setup_questions.name_of("queue", "main")
    for noun, name in (("session", session), ("queue", queue)):
        if name is None:
            continue
        try:
            if noun == "session":
                sessions.create(sq, name)
            else:
                queues.create(sq, name, session=session)
        except SparkQError as error:
            if error.code != "name_taken":
                raise
        else:
            made[noun] = name
    return made


def _alone(root: Path, env: Mapping[str, str], *, ask: bool) -> None:
    """Ask before a second project begins beside another one, or refuse it. Raises OtherProject."""
    others = nearby.projects(root, env)
    if not others:
        return
    listed = " and ".join(show.near(each, root) for each in others[:4])
    refusal = OtherProject(
        f"{safe(str(root))} has no project, but {listed} {'has' if len(others) == 1 else 'have'} one.",
        f"Work there: cd {shlex.quote(str(others[0]))}. For an empty project here: sparkq setup --here",
    )
    if not ask:
        raise refusal
    show.say(refusal.message)
    agreed("Begin another, empty project here?")


def _committing(steps: tuple[Step, ...], target: Target, root: Path) -> str:
    """Return what of the new files belongs into Git, or nothing outside of it."""
    written = [step.path for step in steps if step.done != "kept"]
    shared = [file for file in (root / FILE, root / ".gitignore") if file in written]
    if not shared or location.repository(root, configuration.environment()) is None:
        return ""
    private = ["sparkq/, which Git ignores"]
    if target.file.is_relative_to(root) and target.file.exists():
        private.insert(0, f"{show.near(target.file, root)}, which has paths of this machine")
    names = " and ".join(show.near(file, root) for file in shared)
    return f"Commit {names}, so that every branch has these settings. Do not commit {', or '.join(private)}."


def _next(sq: SparkQ, *, connected: bool) -> None:
    names = queues.names(sq)
    if sq.config.watches_git and sq.config.settings.changes == "full":
        kept = "What each task changes is kept for `sparkq diff`: new files too, unless Git ignores them (setting: changes)."
        show.say(f"\n{show.prose(kept)}")
    if waiting := hooks.waiting(sq.config, configuration.environment()):
        show.say(f"\n{safe(waiting)}: sparkq hooks allow")
    queue = names[0] if names else "main"
    create = "" if names else f"sparkq queue create {queue} && "
    connect_first = "" if connected else "sparkq connect claude-code, once. Then say"
    show.say("\nNext:")
    show.say(f'  1. {create}sparkq enqueue "What Claude should do" --queue {queue}')
    show.say(f"  2. {connect_first or 'Say'} in Claude Code: Work the queue {queue} until it is empty.")
    show.say("  3. sparkq review")
