"""`sparkq peek`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import chosen_queue, open_sparkq
from sparkq_cli.options import NOTHING_QUEUED, Json, Limit, QueueOpt, new_app
from sparkq_core import tasks, times, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.tasks import present
from sparkq_core.text import safe

app = new_app()


@app.command()
def peek(
    queue: QueueOpt = None,
    limit: Limit = 1,
    json: Json = False,
    ids: Annotated[bool, typer.Option("--id", help="Print only the ids. Exit code 1 if no task is queued.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing: exit code 0 if a task is queued, 1 if none is.")
    ] = False,
) -> None:
    """Show the next tasks of a queue without claiming them.

    Examples:
      sparkq peek --queue backend --limit 5
      sparkq peek --queue backend --quiet && echo "There is work."
    """
    forms = [form for form, is_chosen in {"--json": json, "--id": ids, "--quiet": quiet}.items() if is_chosen]
    if len(forms) > 1:
        raise InvalidValue(f"{' and '.join(forms)} were given.", "Choose one of them.")
    sq = open_sparkq()
    name = chosen_queue(sq, queue)
    page = tasks.peek(sq, name, limit)
    if ids or quiet:
        for task in page.tasks if ids else ():
            show.say(str(task.id))
        raise typer.Exit(0 if page.tasks else NOTHING_QUEUED)
    now = sq.clock.now()
    if json:
        show.json_line(wire.task_page(page, now))
        return
    if not page.tasks:
        show.say(f"Nothing is queued in {name}.")
        return
    rows = [
        [
            wire.friendly(task.id),
            safe(task.title),
            safe(task.tool),
            safe(task.task_class),
            times.ago(present.since(sq.db, task), now),
        ]
        for task in page.tasks
    ]
    show.table(["ID", "TITLE", "TOOL", "CLASS", "AGE"], rows, flexible=1, droppable=(3, 2, 4))
    if page.total > len(page.tasks):
        show.say(f"{page.total - len(page.tasks)} more.")
