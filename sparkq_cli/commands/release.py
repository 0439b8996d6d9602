"""`sparkq release`"""

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, record_change
from sparkq_cli.options import Attempt, Json, Quiet, Reason, TaskId, new_app
from sparkq_core import tasks, wire
from sparkq_core.changes import Execution

app = new_app()


@app.command()
def release(
    task_id: TaskId,
    reason: Reason = "",
    attempt: Attempt = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Return a running task to its old place in the queue.

    Example: sparkq release 42 "needs the staging server"
    """
    sq = open_sparkq()
    task = tasks.release(sq, task_id, reason, attempt=attempt)
    show.answer(
        wire.task_brief(task, sq.clock.now()),
        f"{wire.friendly(task.id)} is back in {task.queue}, at its old place.",
        json=json,
        quiet=quiet,
    )
    record_change(sq, ended=Execution(task.id, attempt or task.attempts))
