"""`sparkq move`"""

from collections.abc import Sequence
from typing import Annotated

import typer

from sparkq_cli import selection, show
from sparkq_cli.context import check_keyboard, open_sparkq
from sparkq_cli.options import ID_LIKE, Json, Quiet, ids_then, new_app
from sparkq_cli.selection import AllOfQueue, AllOfStatus, Filters, Verb, Yes
from sparkq_core import queues, tasks, wire
from sparkq_core.config import consent
from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import UNCLAIMED_STATUSES
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.tasks import Enqueued
from sparkq_core.text import safe
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()

RULE = "Tasks are taken out of a queue that is strict, paused, checked or archived by the user."


@app.command()
def move(
    words: Annotated[list[str], ids_then("[ID]... QUEUE", "Then the queue that they go to.")],
    front: Annotated[
        bool, typer.Option("--front", help="Put them at the front of the queue instead of the end.")
    ] = False,
    queue: AllOfQueue = None,
    status: AllOfStatus = None,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Move queued or held tasks to another queue, all of them or none. They keep their ids and their history.

    Examples:
      sparkq move 42 docs
      sparkq move 3 5-9 docs --front
      sparkq move --queue backend docs          (shows its waiting tasks and asks)
    """
    sq = open_sparkq()
    filters, target = Filters(queue, status, yes), words[-1]
    if not (words[1:] or filters.given) or (ID_LIKE.fullmatch(target) and target not in queues.names(sq)):
        raise InvalidValue("No queue was named.", f"Name it last: sparkq move {' '.join(words)[:60]} QUEUE")
    choice = selection.chosen(sq, words[:-1], filters, Verb("move", UNCLAIMED_STATUSES), json=json)
    if choice.text:
        raise InvalidValue(f"{safe(choice.text)[:40]!r} is not a task id.", "Name one queue, behind the ids.")
    _check_gates(sq, choice.ids, target)
    giver = None if consent.agent(environment()) else Giver(TERMINAL)
    moved = tasks.move(sq, choice.ids, target, front=front, giver=giver)
    now = sq.clock.now()
    facts = [wire.queued_task(each.task, each.place, each.gate, now) for each in moved]
    selection.answer(facts, choice, _said(moved[:1]), _said_of_many(moved), json=json, quiet=quiet)


def _check_gates(sq: SparkQ, ids: list[int], target: str) -> None:
    """Refuse an agent's shell where a task would leave a queue that keeps it from being done unseen. Raises AtTheKeyboard."""
    sources = {tasks.get(sq, number).queue for number in ids} - {target}
    if any(gates.keeps(queues.by_name(sq, name)) for name in sources):
        check_keyboard(RULE)


def _said(moved: Sequence[Enqueued]) -> str:
    for each in moved:
        where = f"{show.ordinal(each.place)} in line" if each.place else each.task.status
        there = " already" if each.again else ""
        return f"{wire.friendly(each.task.id)} is{there} in {each.task.queue}, {where}.{_gate(each)}"
    return ""


def _said_of_many(moved: Sequence[Enqueued]) -> str:
    if not moved:
        return ""
    stayed = sum(each.again for each in moved)
    there = f", where {stayed:,} of them {'was' if stayed == 1 else 'were'} already" if stayed else ""
    return f"moved to {moved[0].task.queue}{there}.{_gate(moved[0])}"


def _gate(moved: Enqueued) -> str:
    return f" {gates.sentence(moved.gate)} ({gates.opener(moved.gate)})." if moved.gate is not None else ""
