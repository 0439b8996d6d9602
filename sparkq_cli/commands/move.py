"""`sparkq move`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import check_keyboard, open_sparkq
from sparkq_cli.options import ID_LIKE, Json, Quiet, completed_ids, ids_of, new_app
from sparkq_core import queues, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import QueueStatus
from sparkq_core.model import Queue
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.tasks import Enqueued

app = new_app()

RULE = "Tasks are taken out of a queue that is strict, paused, checked or archived by the user."


@app.command()
def move(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ID... QUEUE",
            help="The tasks: 42, 5-9. Then the queue that they go to.",
            autocompletion=completed_ids,
        ),
    ],
    front: Annotated[
        bool, typer.Option("--front", help="Put them at the front of the queue instead of the end.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Move queued or held tasks to another queue, all of them or none. They keep their ids and their history.

    Examples:
      sparkq move 42 docs
      sparkq move 3 5-9 docs --front
    """
    sq = open_sparkq()
    if len(words) < 2 or (ID_LIKE.fullmatch(words[-1]) and words[-1] not in queues.names(sq)):
        raise InvalidValue("No queue was named.", f"Name it last: sparkq move {' '.join(words)[:60]} QUEUE")
    ids, target = ids_of(words[:-1]), words[-1]
    _check_gates(sq, ids, target)
    moved = tasks.move(sq, ids, target, front=front)
    now = sq.clock.now()
    facts = [wire.queued_task(each.task, each.place, each.gate, now) for each in moved]
    show.answer(
        facts[0] if len(facts) == 1 else {"tasks": facts, "total": len(facts)}, _said(moved), json=json, quiet=quiet
    )


def _check_gates(sq: SparkQ, ids: list[int], target: str) -> None:
    """Refuse an agent's shell where a task would leave a queue that keeps it from being done unseen. Raises AtTheKeyboard."""
    sources = {tasks.get(sq, number).queue for number in ids} - {target}
    if any(_is_guarded(queues.by_name(sq, name)) for name in sources):
        check_keyboard(RULE)


def _is_guarded(queue: Queue) -> bool:
    return queue.status == QueueStatus.ARCHIVED or any(
        gate is not None for gate in (queue.paused_at, queue.review_limit, queue.check_command)
    )


def _said(moved: tuple[Enqueued, ...]) -> str:
    first = moved[0]
    gate = f" {gates.sentence(first.gate)} ({gates.opener(first.gate)})." if first.gate is not None else ""
    came = [each for each in moved if not each.again]
    if len(moved) == 1:
        where = f"{show.ordinal(first.place)} in line" if first.place else first.task.status
        there = " already" if first.again else ""
        return f"{wire.friendly(first.task.id)} is{there} in {first.task.queue}, {where}.{gate}"
    stayed = len(moved) - len(came)
    there = f" {stayed:,} {'was' if stayed == 1 else 'were'} there already." if stayed else ""
    return f"{show.counted(len(came), 'task')} moved to {first.task.queue}.{there}{gate}"
