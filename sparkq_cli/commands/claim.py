"""`sparkq claim`"""

from socket import gethostname
from typing import Annotated

import typer

from sparkq_cli import announcement, questions, show
from sparkq_cli.context import chosen_queue, open_sparkq, record_change
from sparkq_cli.hand_out import HandOut, say
from sparkq_cli.options import NOTHING_QUEUED, Json, QueueOpt, new_app, task_id
from sparkq_cli.settling import nothing, packet
from sparkq_core import tasks
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ

app = new_app()


@app.command()
def claim(
    task: Annotated[
        int | None,
        typer.Argument(parser=task_id, metavar="[ID]", help="This task instead of the next."),
    ] = None,
    queue: QueueOpt = None,
    worker: Annotated[
        str | None, typer.Option("--worker", metavar="W", help="Who claims (default: cli-HOSTNAME).")
    ] = None,
    json: Json = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing if no task is queued, and end with exit code 1.")
    ] = False,
) -> None:
    """Claim the next task of a queue, to do it by hand or in a chat without MCP.

    Examples:
      sparkq claim --queue backend
      while task=$(sparkq claim --queue backend --quiet --json); do …; done
    """
    sq = open_sparkq()
    name = queue if task is not None else chosen_queue(sq, queue)
    with HandOut(sq) as out:
        out.claim = tasks.claim(sq, name, worker or f"cli-{gethostname()}", task_id=task)
        if quiet and out.claim is None:
            raise typer.Exit(NOTHING_QUEUED)
        say(_shown(sq, out.claim, str(name), json))
    record_change(sq, begun=out.claim)


def _shown(sq: SparkQ, claim: Claim | None, queue: str, json: bool) -> str | bytes:
    if json:
        return show.json_bytes(packet(claim) if claim is not None else nothing(sq, queue))
    if claim is None:
        return f"{questions.nothing_queued(sq, queue)}."
    return announcement.text(claim, sq.clock.now(), announcement.More.OFFERED, instructions=True)
