"""`sparkq hooks [list|allow|deny]`"""

import shlex
from typing import Annotated, Any

import typer

from sparkq_cli import show
from sparkq_cli.context import agreed, check_keyboard, open_sparkq
from sparkq_cli.options import Json, Quiet
from sparkq_core import hooks, times
from sparkq_core.clock import iso
from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidValue
from sparkq_core.hooks import HookRun
from sparkq_core.project import SparkQ
from sparkq_core.text import safe

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def show_hooks(ctx: typer.Context, json: Json = False) -> None:
    """Show the commands that run on events, whether you have allowed them, and how they last ended.

    Example: sparkq hooks allow
    """
    if ctx.invoked_subcommand is None:
        list_hooks(json)


@app.command(name="list")
def list_hooks(json: Json = False) -> None:
    """List the hooks with their commands and their last runs.

    Example: sparkq hooks list
    """
    sq = open_sparkq()
    configured = sq.config.settings.hooks
    consent = hooks.allowed(sq.config, environment()) if configured else None
    last = {run.hook: run for run in hooks.runs(sq.db)}
    if json:
        listed = [
            {"hook": name, "command": list(command), "last_run": _as_json(last.get(name))}
            for name, command in configured.items()
        ]
        show.json_line(
            {
                "allowed": consent is not None,
                "allowed_at": iso(consent.at) if consent else None,
                "allowed_by": consent.by if consent else None,
                "hooks": listed,
            }
        )
        return
    if not configured:
        show.say('This project has no hooks. Set one: sparkq config set hooks.on_failed \'["program", "argument"]\'')
        return
    waiting = hooks.waiting(sq.config, environment())
    if waiting:
        show.say(f"{safe(waiting)}: sparkq hooks allow\n")
    elif consent is not None:
        ago = times.ago(consent.at, sq.clock.now())
        show.say(f"Allowed {ago} ago by `{safe(consent.by)}`. A change of a command needs your yes again.\n")
    _table(sq, last)
    for name, run in last.items():
        if name in configured and run.problem is not None and run.stderr.strip():
            show.say(f"\n{name} printed before it failed:\n{show.block(run.stderr.strip())}")


@app.command()
def allow(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Allow exactly the present hooks to run, for events from now on.

    Example: sparkq hooks allow
    """
    sq = open_sparkq()
    check_keyboard(hooks.RULE, way="")
    if hooks.waiting(sq.config, environment()) and not yes:
        if json:
            raise InvalidValue("`hooks allow` asks for confirmation, which --json does not allow.", "Add --yes.")
        show.say(f"In {safe(str(sq.config.root))} these commands would run by themselves, as you:\n")
        _table(sq, {})
        agreed("\nAllow them?")
    consent = hooks.allow(sq, "sparkq hooks allow", environment())
    count = show.counted(len(sq.config.settings.hooks), "hook")
    text = f"{count} allowed, for events from now on. A change of a command needs your yes again."
    show.answer({"allowed": True, "allowed_at": iso(consent.at)}, text, json=json, quiet=quiet)


@app.command()
def deny(json: Json = False, quiet: Quiet = False) -> None:
    """Withdraw your yes: no hook of this project runs until you allow it again.

    Example: sparkq hooks deny
    """
    sq = open_sparkq()
    withdrawn = hooks.deny(sq, environment())
    text = "No hook of this project runs now." if withdrawn else "No hook of this project was allowed."
    show.answer({"allowed": False, "withdrawn": withdrawn}, text, json=json, quiet=quiet)


def _table(sq: SparkQ, last: dict[str, HookRun]) -> None:
    rows = [
        [name, shlex.join(command), _ended(last.get(name), sq.clock.now())]
        for name, command in sq.config.settings.hooks.items()
    ]
    if last:
        show.table(["HOOK", "COMMAND", "LAST RUN"], rows, flexible=1)
    else:
        for name, command, _ in rows:
            show.say(f"  {name}: {safe(command)}")


def _ended(run: HookRun | None, now: int) -> str:
    if run is None:
        return "never"
    took = times.took(run.finished_at - run.started_at)
    task = f" for #{run.task_id}" if run.task_id is not None else ""
    return f"{run.problem or 'succeeded'} after {took}{task}, {times.ago(run.finished_at, now)} ago"


def _as_json(run: HookRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "task_id": run.task_id,
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "exit_code": run.exit_code,
        "problem": run.problem,
        "stderr": run.stderr,
    }
