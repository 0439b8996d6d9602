"""Report progress on a running task: its worker is alive."""

from sparkq_core.errors import SparkQError
from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES, WARN_AFTER
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks import late_results
from sparkq_core.tasks.refusals import refused
from sparkq_core.text import checked

HEARTBEAT = f"""
UPDATE tasks SET heartbeat_at = :now, stale_warned_at = NULL, limit_until = NULL, due_at = :now + {WARN_AFTER} * timeout * 1000
WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)
RETURNING {TASK_COLUMNS}
"""


def progress(sq: SparkQ, task_id: int, text: str = "", *, attempt: int | None = None) -> Task:
    """Restart the stale clock of a running task: its worker is alive. `text` (at most 1 MiB) enters the timeline.

    If the attempt has timed out it stays so, but the timeline says that its worker is alive.
    Raises ClaimLost, NoSuchTask, WrongState, InvalidText.
    """
    checked(text, "progress note", empty=True)
    now = sq.clock.now()
    refusal: SparkQError | None = None
    with sq.db.write() as tx:
        row = tx.row(HEARTBEAT, guard("progress", task_id, attempt) | {"now": now})
        if row is None:
            refusal = refused(tx, task_id, "progress", attempt)
            late_results.keep_sign(tx, task_id, attempt, text, now)
        else:
            task = Task(*row)
            if text:
                note(tx, now, "progress", task=task.id, queue=task.queue_id, attempt=task.attempts, text=text)
    if refusal is not None:
        raise refusal  # after the commit, which keeps the sign
    return task


def guard(verb: str, task_id: int, attempt: int | None) -> dict[str, int | str | None]:
    """Return the parameters that let a verb reach only this attempt, or the running one if `attempt` is None."""
    return {"id": storable(task_id), "attempt": storable(attempt), "from_status": MOVES[verb].from_status}
