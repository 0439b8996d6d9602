"""`sparkq setup`"""

import json as json_format
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sparkq_cli import connect, show
from sparkq_cli.context import agreed
from sparkq_cli.options import Json, new_app
from sparkq_core import hooks, project, queues, sessions
from sparkq_core.clock import SystemClock
from sparkq_core.config import loading as configuration
from sparkq_core.config import location
from sparkq_core.errors import InvalidConfig, InvalidName, InvalidValue, SparkQError
from sparkq_core.installation import configure
from sparkq_core.installation import setup as core
from sparkq_core.project import SparkQ
from sparkq_core.text import checked_name, safe

app = new_app()


@app.command()
def setup(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; use the defaults and print them.")] = False,
    queue: Annotated[str | None, typer.Option("--queue", metavar="NAME", help="Create this queue too.")] = None,
    session: Annotated[str | None, typer.Option("--session", metavar="NAME", help="Create this session too.")] = None,
    connect_claude: Annotated[
        bool, typer.Option("--connect", help="Write .mcp.json, so that Claude Code can find the queues.")
    ] = False,
    empty: Annotated[
        bool, typer.Option("--empty", help="Make an empty database even if a lost one has backups.")
    ] = False,
    json: Json = False,
) -> None:
    """Set up this repository: sparkq.yml, and the database, which Git ignores.

    Run it again to look at the settings and change some; tasks are not affected.

    Examples:
      sparkq setup
      sparkq setup --yes --queue backend --connect
    """
    env = configuration.environment()
    if not yes and (json or not sys.stdin.isatty()):
        raise InvalidValue("Setup asks questions, and this is not a terminal.", "Add --yes to use the defaults.")
    start = location.here()
    root, known = core.root_for(start, env)
    values = core.values(start, env)
    if not empty:
        core.refuse_over_copies(configuration.load(start, env))
    if not json:
        show.say(f"{'SparkQ is set up' if known else 'Setting up SparkQ'} in {safe(str(root))}\n")
    if yes:
        if not json:
            show.fields([(safe(key), _shown(key, value)) for key, value in values.items()])
    else:
        values = _asked(values)
    config, steps = core.setup(start, values, SystemClock(), env, empty=empty)
    sq = project.open(start, env=env)
    fresh = not yes and not queues.all_of(sq, archived=True)
    made = _first(sq, session, queue, ask=fresh)
    if connect_claude or (fresh and typer.confirm("Connect Claude Code (writes .mcp.json)?", default=True)):
        target = connect.client("claude-code", config, Path.home())
        connect.connect(target, config)
        made["connection"] = str(target.file)
    if json:
        done = [{"done": step.done, "path": str(step.path)} for step in steps]
        show.json_line({"project": config.name, "root": str(root), "settings": values, "steps": done} | made)
        return
    show.say()
    for step in steps:
        show.say(f"  {step.done:8}{show.near(step.path, root)}")
    for noun, name in made.items():
        show.say(f"  created {noun} {show.near(Path(name), root)}")
    _next(sq, connected=connect.connected("claude-code", config, Path.home()))


def _asked(values: dict[str, Any]) -> dict[str, Any]:
    """Every setting, shown with its default and confirmed."""
    show.say("Enter keeps the value in brackets.\n")
    answers: dict[str, Any] = {}
    shown = ""
    for key, value in values.items():
        explanation = core.explained(key)
        if explanation != shown:
            show.say(show.paint(explanation, "dim"))
        shown = explanation
        answers[key] = _ask(key, value)
    show.say()
    show.fields([(safe(key), _shown(key, value)) for key, value in answers.items()])
    agreed("\nWrite these settings?", default=True)
    return answers


def _ask(key: str, value: Any) -> Any:
    """One answer, read as `sparkq config set` reads it; a wrong one is explained and asked again."""
    shown = _shown(key, value)
    while True:
        raw = str(typer.prompt(safe(key), default=shown))
        if raw == shown:
            return value
        try:
            answer = configure.value_of(key, raw.strip())
            configuration.check(key, answer, "Your answer")
        except InvalidConfig as error:
            show.say(f"  {error.message} {error.hint}")
            continue
        return answer


def _first(sq: SparkQ, session: str | None, queue: str | None, *, ask: bool) -> dict[str, str]:
    """A first session and queue: named by options, or offered when there is none."""
    made = {}
    if ask and queue is None:
        session = session or _name("\nName of a first session (- for none)", "-", "session")
        queue = _name("Name of a first queue (- for none)", "main", "queue")
    session = None if session == "-" else session
    for noun, name in (("session", session), ("queue", None if queue == "-" else queue)):
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


def _name(question: str, default: str, noun: str) -> str:
    """A name, or `-`; one that cannot be is explained and asked again."""
    while True:
        name = str(typer.prompt(question, default=default)).strip()
        try:
            return name if name == "-" else checked_name(name, noun)
        except InvalidName as error:
            show.say(f"  {error.message} {error.hint}")


def _next(sq: SparkQ, *, connected: bool) -> None:
    names = queues.names(sq)
    show.say("\nNext:")
    if waiting := hooks.waiting(sq.config, configuration.environment()):
        show.say(f"  sparkq hooks allow                ({safe(waiting)})")
    if not names:
        show.say("  sparkq queue create main")
    show.say(f'  sparkq enqueue "What Claude should do" --queue {names[0] if names else "main"}')
    if not connected:
        show.say("  sparkq connect claude-code        (once, so that Claude Code can use the queues)")


def _shown(key: str, value: Any) -> str:
    """A setting as the person would type it."""
    if key == "script_dirs" and not any("," in folder or folder != folder.strip() for folder in value):
        return safe(", ".join(value))
    return safe(value if isinstance(value, str) else json_format.dumps(value, ensure_ascii=False))
