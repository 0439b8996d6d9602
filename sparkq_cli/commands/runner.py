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
    once: Annotated[bool, typer.Option("--once", help="One poll cycle: at most one task, then end.")] = False,
    run: Annotated[bool, typer.Option("--run", help="Poll for ever (this is the default).")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="As --run, with status lines.")] = False,
    drain: Annotated[bool, typer.Option("--drain", help="End when nothing is queued any more.")] = False,
    poll: Annotated[
        float | None,
        typer.Option(
            "--poll",
            metavar="S",
            help="Seconds between two looks (default: queue_runner.poll_interval_seconds).",
            min=0.1,
            max=3600,
        ),
    ] = None,
) -> None:
    """Stream a queue's tasks as text, one at a time, for chats without MCP.

    It never executes anything: it prints each task with the exact command that completes it, and the next one only
    when that one is settled.

    Example: sparkq runner --queue backend --drain
    """
    chosen = [mode for mode, on in (("once", once), ("run", run), ("watch", watch), ("drain", drain)) if on]
    if len(chosen) > 1:
        raise InvalidValue(f"--{chosen[0]} and --{chosen[1]} exclude each other.", "Give one of them.")
    sq = open_sparkq()
    target = queues.by_name(sq, chosen_queue(sq, queue))
    seconds = poll or sq.config.settings.queue_runner.poll_interval_seconds
    core.work(core.Runner(sq, target.id, core.Mode(chosen[0] if chosen else "run"), float(seconds)))
