"""`sparkq peek`"""

from sparkq_cli import show
from sparkq_cli.context import chosen_queue, open_sparkq
from sparkq_cli.options import Json, Limit, QueueOpt, new_app
from sparkq_core import tasks, wire
from sparkq_core.text import safe

app = new_app()


@app.command()
def peek(queue: QueueOpt = None, limit: Limit = 1, json: Json = False) -> None:
    """Show the next tasks of a queue without claiming them.

    Example: sparkq peek --queue backend --limit 5
    """
    sq = open_sparkq()
    name = chosen_queue(sq, queue)
    page = tasks.peek(sq, name, limit)
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
            show.ago(task.created_at, now),
        ]
        for task in page.tasks
    ]
    show.table(["ID", "TITLE", "TOOL", "CLASS", "AGE"], rows, flexible=1, droppable=(3, 2, 4))
    if page.total > len(page.tasks):
        show.say(f"{page.total - len(page.tasks)} more.")
