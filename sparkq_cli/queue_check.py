"""`sparkq queue check`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import check_keyboard, open_sparkq
from sparkq_cli.options import Json, QueueArg, Quiet
from sparkq_core import queues, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.model import Queue
from sparkq_core.queues import checks
from sparkq_core.queues.addresses import queue_name
from sparkq_core.text import safe
from sparkq_core.verdicts import TERMINAL, Giver

CHECKING = "The check of a queue is set by the user."


def check(
    name: QueueArg,
    command: Annotated[
        str | None, typer.Argument(metavar="[COMMAND]", help="One line for the shell, such as 'make test'.")
    ] = None,
    most: Annotated[
        int | None, typer.Option("--max", metavar="N", help="How often an attempt may fail it (3 at first).")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Remove the check.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show or set the command that proves a task of the queue done.

    Its worker runs it with `sparkq check ID` before it completes a task. A strict queue completes a task only if it has
    passed on the files as they are; any other shows whether it has. An agent cannot change it.

    Examples:
      sparkq queue check backend "make test"
      sparkq queue check backend --max 5
      sparkq queue check backend --off
    """
    if off and (command is not None or most is not None):
        raise InvalidValue("The check was set and removed at once.", "Give one of COMMAND and --off.")
    sq = open_sparkq()
    name = queue_name(sq, name)
    queue = queues.by_name(sq, name)
    if off or command is not None or most is not None:
        check_keyboard(CHECKING)
        wanted = None if off else queue.check_command if command is None else command
        queue = checks.set_command(sq, name, wanted, most, giver=Giver(TERMINAL))
    show.answer(wire.queue(queue, queues.counts_of(sq, queue)), sentence(queue), json=json, quiet=quiet)


def sentence(queue: Queue) -> str:
    """Return what the check of a queue is, and what it does."""
    if queue.check_command is None:
        return f'{queue.name} has no check. To set one: sparkq queue check {queue.name} "make test"'
    strict, relaxed = "A task is completed only after it has passed", "The review shows whether it has passed"
    times = show.counted(queue.max_checks, "time")
    return f"The check of {queue.name}: {safe(queue.check_command)}\n{strict if queue.review_limit else relaxed}; an attempt may fail it {times}."
