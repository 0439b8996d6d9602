"""Let the worker of a task that timed out go on with it."""

from sparkq_core import queues
from sparkq_core.errors import WrongState
from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES, QueueStatus
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks import late_results
from sparkq_core.tasks.claim import Claimant, Head, begin
from sparkq_core.tasks.refusals import find, hint, state
from sparkq_core.tasks.requeue import REQUEUE

SAME_BEGINNING = """
UPDATE attempts SET git_before = (
    SELECT a.git_before FROM attempts AS a WHERE a.task_id = :task AND a.attempt = :attempt - 1
) WHERE task_id = :task AND attempt = :attempt
"""


def resume(sq: SparkQ, task_id: int) -> Task:
    """Begin another attempt of a task that timed out, for the worker that had it, and return the running task.

    Nobody else has had the task in between, so the result of that worker is still wanted. The feedback of the last
    requeue stays that of the task. Its late result, if it sent one, stays on the attempt that timed out. Raises
    NoSuchTask, QueueClosed for an archived queue, QueueWaits if the gate of its queue is closed, and WrongState for a
    task that did not time out, or for which the late result of another attempt waits for the person.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        task = find(tx, task_id)
        _check(tx, task)
        line = queues.by_id(tx, task.queue_id)
        if line.status == QueueStatus.ARCHIVED:
            raise queues.closed(line)
        assert task.worker is not None
        tx.run(REQUEUE, {
            "id": task_id, "from_status": task.status, "target": MOVES["requeue"].target, "position": task.position,
            "title": task.title, "again": False, "keeps_late": False,
        })  # fmt: skip
        note(tx, now, "resumed", task=task_id, queue=task.queue_id, attempt=task.attempts)
        resumed = begin(sq, tx, Head.of(task), Claimant(task.worker), now)
        if resumed is None:
            gate = gates.of_queue(tx, line.id)
            assert gate is not None
            raise gates.closed(gate)
        tx.run(SAME_BEGINNING, {"task": task_id, "attempt": resumed.task.attempts})
        return resumed.task


def _check(tx: Transaction, task: Task) -> None:
    if not task.timed_out:
        raise WrongState(f"#{task.id} cannot be resumed: {state(task)}, and only a timeout can.", hint(task))
    if late_results.waits(tx, task) and task.late_attempt != task.attempts:
        raise WrongState(
            f"#{task.id} has a late result of attempt {task.late_attempt}: the person decides about it.",
            "Claim another task, or ask the person.",
        )
