"""`sparkq claim`"""

from socket import gethostname
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import chosen_queue, open_sparkq
from sparkq_cli.options import Json, QueueOpt, completed_ids, new_app, task_id
from sparkq_core import queues, tasks, wire
from sparkq_core.text import safe

app = new_app()


@app.command()
def claim(
    task: Annotated[
        int | None,
        typer.Argument(
            parser=task_id, autocompletion=completed_ids, metavar="[ID]", help="This task instead of the next."
        ),
    ] = None,
    queue: QueueOpt = None,
    worker: Annotated[
        str | None, typer.Option("--worker", metavar="W", help="Who claims (default: cli-HOSTNAME).")
    ] = None,
    json: Json = False,
) -> None:
    """Claim the next task of a queue, to do it by hand or in a chat without MCP.

    Example: sparkq claim --queue backend
    """
    sq = open_sparkq()
    name = queue if task is not None else chosen_queue(sq, queue)
    taken = tasks.claim(sq, name, worker or f"cli-{gethostname()}", task_id=task)
    if taken is None:
        if json:
            show.json_line({"task": None, "remaining": 0})
        else:
            show.say(f"Nothing is queued in {name}.")
        return
    source_queue, instructions = queues.instructions_by_id(sq, taken.task.queue_id)
    if json:
        facts: wire.Json = {"task": wire.claimed(taken), "remaining": taken.remaining}
        show.json_line(facts | ({"instructions": instructions} if instructions else {}))
        return
    number, attempt = taken.task.id, taken.task.attempts
    show.say(f"{show.paint(wire.friendly(number), 'bold')}  attempt {attempt}, from {source_queue.name}")
    show.fields([
        ("tool", f"{safe(taken.task.tool)}: {safe(taken.how)}"),
        ("timeout", f"{taken.task.timeout} s without progress makes it stale; after twice that it fails"),
    ])  # fmt: skip
    for title, text in (
        ("Queue instructions", instructions),
        ("Prompt", taken.prompt),
        ("Feedback", taken.feedback),
        ("Earlier", taken.earlier.text if taken.earlier else None),
    ):
        if text:
            show.say(f"\n{show.paint(title, 'bold')}")
            show.say(show.block(text))
    show.say(f'\nWhen it is done:  sparkq complete {number} --attempt {attempt} "what was done"')
    show.say(f'If it fails:      sparkq fail {number} --attempt {attempt} "what stopped it"')
