"""`sparkq watch`"""

from typing import Annotated

import typer

from sparkq_cli import feed, picture, show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, OnlyQueue, new_app, task_ids
from sparkq_cli.reader import pause
from sparkq_core import queues, tasks
from sparkq_core.errors import InvalidValue
from sparkq_core.maintenance import rounds
from sparkq_core.project import SparkQ

app = new_app()

NOT_DONE = 1


@app.command()
def watch(
    ids: Annotated[list[int] | None, task_ids("Follow these tasks until they end:")] = None,
    queue: OnlyQueue = None,
    interval: Annotated[
        float, typer.Option("--interval", metavar="S", help="Seconds between updates.", min=0.2, max=60)
    ] = 1.0,
    json: Json = False,
) -> None:
    """Watch the project live: running tasks, the next ones, the finished ones. Ctrl-C ends it.

    A new question of a worker rings the bell of the terminal. In a pipe it prints one line for each event, with --json one
    JSON object.

    With ids it follows these tasks: it prints what happens to them, and when all have ended their outcomes. Exit code 0 if
    all succeeded, else 1.

    Examples:
      sparkq watch
      sparkq watch 42
      sparkq watch --json | jq .kind
    """
    if ids and queue:
        raise InvalidValue("Ids and a queue were given.", "Give ids, or --queue NAME.")
    sq = open_sparkq()
    queue_id = None if queue is None else queues.by_name(sq, queue).id  # an unknown name is an error now
    try:
        if ids:
            if not feed.follow_tasks(sq, ids, json=json):
                raise typer.Exit(NOT_DONE)
        elif show.has_screen() and not json:
            with picture.alternate_screen():
                _pictures(sq, queue_id, interval)
        else:
            feed.follow_all(sq, queue_id, json=json)
    except KeyboardInterrupt:
        if show.has_screen() and not json and not ids:
            show.say(picture.last_line(sq))
        elif show.is_terminal():
            show.say()  # the shell's prompt begins below the ^C


def _pictures(sq: SparkQ, queue_id: int | None, interval: float) -> None:
    asked = _asked(sq, queue_id)
    while True:
        rounds.upkeep(sq)
        lines = picture.picture(sq, None if queue_id is None else queues.with_id(sq, queue_id).name)
        known, asked = asked, _asked(sq, queue_id)
        picture.draw(lines, bell=bool(asked - known))
        pause(interval)


def _asked(sq: SparkQ, queue_id: int | None) -> set[tuple[int, int]]:
    """Return the open questions, each by its task and attempt: a new one rings the bell."""
    name = None if queue_id is None else queues.with_id(sq, queue_id).name
    return {(each.task.id, each.task.attempts) for each in tasks.open_questions(sq, queue=name, limit=1000).questions}
