"""`sparkq accept`"""

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Quiet, TaskId, new_app
from sparkq_core import tasks, wire

app = new_app()


@app.command()
def accept(task_id: TaskId, json: Json = False, quiet: Quiet = False) -> None:
    """Accept the result that arrived after a task had timed out.

    Example: sparkq accept 42
    """
    sq = open_sparkq()
    task = tasks.accept(sq, task_id)
    show.answer(
        wire.task_brief(task, sq.clock.now()),
        f"{wire.friendly(task.id)} {task.status}: late result accepted.",
        json=json,
        quiet=quiet,
    )
