"""`sparkq runner`, also installed as `sparkq-runner`"""

from typing import Annotated

import typer

from sparkq_cli import runner as core
from sparkq_cli.context import chosen_queue, open_sparkq
from sparkq_cli.options import QueueOpt, new_app
from sparkq_core import queues
from sparkq_core.errors import InvalidValue

app = new_app()


@app.command()
def runner(
    queue: QueueOpt = None,
    once: Annotated[bool, typer.Option("--once", help="Print at most one task, then exit.")] = False,
    run: Annotated[bool, typer.Option("--run", help="Wait for new tasks until stopped (the default).")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Like --run, with status lines.")] = False,
    drain: Annotated[bool, typer.Option("--drain", help="Exit when the queue is empty.")] = False,
    poll: Annotated[
        float | None,
        typer.Option(
            "--poll",
            metavar="S",
            help="Seconds between polls (default: queue_runner.poll_interval_seconds).",
            min=0.1,
            max=3600,
        ),
    ] = None,
) -> None:
    """Print a queue's tasks as text, one at a time, for chats without MCP.

    It never executes anything: it prints a task with the command that completes it, and the next task only after that one
    is settled. After a timeout it claims nothing more until it sees that somebody reads. Ctrl-C leaves the printed task
    claimed, and a closed terminal gives it back. With --drain the exit code is 0 only if the queue is empty.

    Example: sparkq runner --queue backend --drain
    """
    chosen = [mode for mode, on in (("once", once), ("run", run), ("watch", watch), ("drain", drain)) if on]
    if len(chosen) > 1:
        raise InvalidValue(f"--{chosen[0]} and --{chosen[1]} exclude each other.", "Give one of them.")
    sq = open_sparkq()
    target = queues.by_name(sq, chosen_queue(sq, queue))
    seconds = poll or sq.config.settings.queue_runner.poll_interval_seconds
    code = core.work(core.Runner(sq, target.id, core.Mode(chosen[0] if chosen else "run"), float(seconds)))
    raise typer.Exit(code)
