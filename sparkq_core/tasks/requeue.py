"""Put a finished task back into its queue."""

from sparkq_core import queues, verdicts
from sparkq_core.errors import WrongState
from sparkq_core.events import last_of_task
from sparkq_core.lifecycle import MOVES, Status
from sparkq_core.model import TASK_COLUMNS, Seen, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks import late_results
from sparkq_core.tasks.claim import PROMPT
from sparkq_core.tasks.enqueue import PROMPT_IN, Enqueued, place_in_line
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import checked
from sparkq_core.titles import title_of
from sparkq_core.verdicts import Giver

REQUEUE = f"""
UPDATE tasks SET status = :target, position = :position, title = :title, revision = revision + :again,
    worker = NULL, claimed_at = NULL, heartbeat_at = NULL, stale_warned_at = NULL, finished_at = NULL,
    reviewed_at = NULL, error_type = NULL, late_at = NULL, late_attempt = NULL,
    late_outcome = NULL, accepted_attempt = NULL
WHERE id = :id AND status = :from_status RETURNING {TASK_COLUMNS}
"""


def requeue(
    sq: SparkQ,
    task_id: int,
    *,
    feedback: str | None = None,
    prompt: str | None = None,
    front: bool = False,
    again: bool = False,
    by_worker: bool = False,
    seen: Seen | None = None,
    giver: Giver | None = None,
) -> Enqueued:
    """Put a failed or cancelled task at the end (or the front) of its queue; it keeps its id and its attempts.

    The next worker gets `feedback` (at most 1 MiB) with the earlier outcome. A `prompt` becomes the next revision.
    `again` allows it for a succeeded task too. The same requeue twice is harmless. With `by_worker` it is refused if the
    person decided, or has still to decide: for a cancelled task, and for one whose late result waits. With `seen` it is
    refused if there is another outcome, or a late text that was not shown. `giver` is by what door you said so.
    Raises NoSuchTask, WrongState, Unseen, QueueClosed for an archived queue, InvalidText.
    """
    for value, what in ((feedback, "feedback"), (prompt, "prompt")):
        if value is not None:
            checked(value, what)
    now = sq.clock.now()
    with sq.db.write() as tx:
        task = find(tx, task_id)
        allowed = MOVES["requeue"].from_statuses + (MOVES["requeue --again"].from_statuses if again else ())
        if task.status not in allowed:
            if not front and _repeats(tx, task, feedback, prompt):
                return Enqueued(task, place_in_line(tx, task), again=True)
            raise refused(tx, task_id, "requeue")
        if by_worker:
            _check_for_worker(tx, task)
        if seen is not None:
            late_results.check_seen(tx, task, seen)
        row = tx.row(REQUEUE, {
            "id": task_id, "from_status": task.status, "target": MOVES["requeue"].target,
            "position": queues.next_position(tx, queues.by_id(tx, task.queue_id), front=front),
            "title": task.title if prompt is None else title_of(prompt), "again": prompt is not None,
        })  # fmt: skip
        assert row is not None
        moved = Task(*row)
        if prompt is not None:
            tx.run(PROMPT_IN, {"task": task_id, "revision": moved.revision, "text": prompt, "now": now})
        verdict = verdicts.log(tx, now, "requeued", task, giver, attempt=task.attempts, text=feedback)
        if not by_worker:
            verdicts.keep(sq, tx, [verdict])
        elif task.reviewed_at is not None:
            verdicts.owe_artefacts(sq, tx, task_id)
        moved = find(tx, task_id)  # which is rejected since the verdict is kept
        return Enqueued(moved, place_in_line(tx, moved), gate=gates.of_queue(tx, moved.queue_id))


def _check_for_worker(tx: Transaction, task: Task) -> None:
    """Refuse the requeue of a task about which only the person decides. Raises WrongState."""
    if task.status == Status.CANCELLED:
        raise WrongState(
            f"#{task.id} was cancelled by the person, and only the person can requeue it.",
            "Claim another task, or ask the person.",
        )
    if late_results.waits(tx, task):
        raise WrongState(
            f"#{task.id} has a late result: the person decides whether to accept it or to requeue the task.",
            "Claim another task, or ask the person.",
        )


def _repeats(tx: Transaction, task: Task, feedback: str | None, prompt: str | None) -> bool:
    """Return True if the last event of the task was a requeue with this feedback and this prompt."""
    if task.status != Status.QUEUED:
        return False
    last_event = last_of_task(tx, task.id)
    if last_event is None:
        return False
    kind, text = last_event
    if kind != "requeued" or text != feedback:
        return False
    current = tx.row(PROMPT, {"task": task.id, "revision": task.revision})
    return prompt is None or (current is not None and current[0] == prompt)
