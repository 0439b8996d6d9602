"""`sparkq cancel`"""

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Quiet, Reason, TaskId, new_app
from sparkq_core import tasks, wire

app = new_app()


@app.command()
def cancel(
    task_id: TaskId,
    reason: Reason = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Cancel a queued or held task. `sparkq requeue` brings it back. It needs no review.

    Example: sparkq cancel 42 "done by hand"
    """
    sq = open_sparkq()
    task = tasks.cancel(sq, task_id, reason)
    show.answer(
        wire.task_brief(task, sq.clock.now()),
        f"{wire.friendly(task.id)} is cancelled. To undo: sparkq requeue {task.id}",
        json=json,
        quiet=quiet,
    )
