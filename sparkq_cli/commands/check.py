"""`sparkq check`"""

from pathlib import Path

import typer

from sparkq_cli import check_run, show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Attempt, Json, TaskId, new_app
from sparkq_core import tasks, times, wire
from sparkq_core.lifecycle import CheckOutcome
from sparkq_core.queues import checks
from sparkq_core.tasks.check import TAIL, Beat, Ended
from sparkq_core.text import safe

app = new_app()

FAILED = 1
"""The exit code of a check that has not passed."""


@app.command()
def check(task_id: TaskId, attempt: Attempt = None, json: Json = False) -> None:
    """Run the check of a running task's queue on the files as they are, before you complete the task.

    It runs in this shell, in the folder of the project or of the linked work tree that you are in. The exit code is 0 if it
    has passed, and 1 if not. Ctrl-C breaks it off, which does not count as a failure.

    Example: sparkq check 42 --attempt 1
    """
    sq = open_sparkq()
    run = tasks.begin_check(sq, task_id, Path.cwd(), attempt=attempt)
    result = check_run.run(run.command, run.folder, TAIL, 2 if json else 1, Beat(sq, run))
    stopped = result.stopped is not None
    ended = tasks.end_check(sq, run, None if stopped else result.exit_code, result.tail, stopped=stopped)
    if json:
        show.json_line(wire.check_run(ended.check, ended.failed, ended.most))
    else:
        gap = "" if result.tail.endswith(b"\n") or not result.tail else "\n"
        show.say(f"{gap}{_said(ended)}")
    if result.stopped is not None:
        raise typer.Exit(128 + result.stopped)
    if ended.check.outcome != CheckOutcome.PASSED:
        raise typer.Exit(FAILED)


def _said(ended: Ended) -> str:
    """Return how the check ended, and what its worker does next."""
    run = ended.check
    what, which = checks.short(run.command), wire.friendly(run.task_id)
    took = times.took(run.duration_ms, tenths=False)
    again = checks.call(run.task_id, run.attempt)
    if run.outcome == CheckOutcome.STOPPED:
        return f"– {what}: broken off after {took}, which is not counted. To run it again: {again}"
    if run.outcome == CheckOutcome.FAILED:
        error = checks.failed(run.task_id, run.attempt, run.command, ended.failed, ended.most)
        return f"✗ exit {run.exit_code}, {took}. {error.message}\n  {error.hint}"
    if run.outcome == CheckOutcome.CHANGED:
        names = f": {', '.join(map(safe, ended.moved))}" if ended.moved else ""
        way = "Let Git ignore what the check writes, or put it back. Then run it again"
        return (
            f"✗ {what}: exit 0, {took}, but files changed while it ran{names}. So it proves nothing.\n  {way}: {again}"
        )
    unknown = " It is not known on which files, without Git or with `changes: off`." if run.tree is None else ""
    now = f"Complete {which} (attempt {run.attempt}) before you change another file."
    return f"✓ {what}: exit 0, {took}.{unknown} {now}"
