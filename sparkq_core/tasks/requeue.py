"""Put finished tasks back into their queues."""

from collections.abc import Sequence
from typing import NamedTuple

from sparkq_core import queues, verdicts
from sparkq_core.errors import WrongState
from sparkq_core.events import last_of_task
from sparkq_core.lifecycle import MOVES, Status
from sparkq_core.model import TASK_COLUMNS, Seen, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks import late_results
from sparkq_core.tasks.claim import FEEDBACK, PROMPT
from sparkq_core.tasks.enqueue import PROMPT_IN, Enqueued, place_in_line
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import checked
from sparkq_core.titles import title_of
from sparkq_core.verdicts import Giver, Verdict

REQUEUE = f"""
UPDATE tasks SET status = :target, position = :position, title = :title, revision = revision + :again,
    worker = NULL, claimed_at = NULL, heartbeat_at = NULL, stale_warned_at = NULL, finished_at = NULL,
    reviewed_at = NULL, error_type = NULL, late_at = iif(:keeps_late, late_at, NULL),
    late_attempt = iif(:keeps_late, late_attempt, NULL), late_outcome = iif(:keeps_late, late_outcome, NULL),
    accepted_attempt = NULL
WHERE id = :id AND status = :from_status RETURNING {TASK_COLUMNS}
"""
BEFORE_REQUEUE = "SELECT kind FROM events WHERE task_id = :task AND kind <> 'requeued' ORDER BY id DESC LIMIT 1"


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
    A cancelled task is as it was before: it keeps its feedback unless there is another, and a late text that you have not
    seen.
    `again` allows it for a succeeded task too. The same requeue twice is harmless. With `by_worker` it is refused if the
    person decided, or has still to decide: for a cancelled task, and for one whose late result waits. With `seen` it is
    refused if there is another outcome, or a late text that was not shown. `giver` is by what door you said so.
    Raises NoSuchTask, WrongState, Unseen, QueueClosed for an archived queue, InvalidText.
    """
    for value, what in ((feedback, "feedback"), (prompt, "prompt")):
        if value is not None:
            checked(value, what)
    with sq.db.write() as tx:
        if seen is not None and (task := find(tx, task_id)).status in _sources(again):
            late_results.check_seen(tx, task, seen)
        wanted = _Wanted(feedback, prompt, front, again, by_worker, giver, seen is not None)
        return _requeue(sq, tx, [task_id], wanted)[0]


def requeue_all(
    sq: SparkQ,
    task_ids: Sequence[int],
    *,
    feedback: str | None = None,
    front: bool = False,
    again: bool = False,
    by_worker: bool = False,
    seen: Sequence[Seen] = (),
    giver: Giver | None = None,
) -> tuple[Enqueued, ...]:
    """Put several tasks back into their queues in the order of `task_ids`, all of them or none. One undo takes all back.

    `seen` are those of the tasks that were shown to you. Raises the errors of `requeue`.
    """
    if feedback is not None:
        checked(feedback, "feedback")
    with sq.db.write() as tx:
        for shown in seen:
            late_results.check_seen(tx, find(tx, shown.id), shown)
        return _requeue(sq, tx, task_ids, _Wanted(feedback, None, front, again, by_worker, giver, bool(seen)))


class _Wanted(NamedTuple):
    """How tasks are requeued; `is_seen` if what is known of them was shown."""

    feedback: str | None
    prompt: str | None
    front: bool
    again: bool
    by_worker: bool
    giver: Giver | None
    is_seen: bool


def _sources(again: bool) -> tuple[Status, ...]:
    return MOVES["requeue"].from_statuses + (MOVES["requeue --again"].from_statuses if again else ())


def _requeue(sq: SparkQ, tx: Transaction, task_ids: Sequence[int], wanted: _Wanted) -> tuple[Enqueued, ...]:
    ids = list(dict.fromkeys(task_ids))
    now = sq.clock.now()
    waiting: set[int] = set()
    given: list[Verdict] = []
    for task_id in reversed(ids) if wanted.front else ids:
        task = find(tx, task_id)
        if task.status not in _sources(wanted.again):
            is_there = not wanted.front or place_in_line(tx, task) == ids.index(task_id) + 1
            if is_there and _repeats(tx, task, wanted.feedback, wanted.prompt):
                waiting.add(task_id)
                continue
            raise refused(tx, task_id, "requeue")
        given.append(_back_in_line(sq, tx, task, wanted, now))
    if not wanted.by_worker and given:
        verdicts.keep(sq, tx, given)
    # A task is rejected, for its review state, once the verdict is kept.
    requeued = [find(tx, task_id) for task_id in ids]
    return tuple(
        Enqueued(task, place_in_line(tx, task), again=True)
        if task.id in waiting
        else Enqueued(task, place_in_line(tx, task), gate=gates.of_queue(tx, task.queue_id))
        for task in requeued
    )


def _back_in_line(sq: SparkQ, tx: Transaction, task: Task, wanted: _Wanted, now: int) -> Verdict:
    if wanted.by_worker:
        _check_for_worker(tx, task)
    row = tx.row(REQUEUE, {
        "id": task.id, "from_status": task.status, "target": MOVES["requeue"].target,
        "position": queues.next_position(tx, queues.by_id(tx, task.queue_id), front=wanted.front),
        "title": task.title if wanted.prompt is None else title_of(wanted.prompt), "again": wanted.prompt is not None,
        "keeps_late": task.status == Status.CANCELLED and task.reviewed_at is None and not wanted.is_seen,
    })  # fmt: skip
    assert row is not None
    if wanted.prompt is not None:
        revision = Task(*row).revision
        tx.run(PROMPT_IN, {"task": task.id, "revision": revision, "text": wanted.prompt, "now": now})
    feedback = wanted.feedback
    if feedback is None and task.status == Status.CANCELLED and (kept := tx.row(FEEDBACK, {"task": task.id})):
        feedback = kept[0]
    verdict = verdicts.log(tx, now, "requeued", task, wanted.giver, attempt=task.attempts, text=feedback)
    if wanted.by_worker and task.reviewed_at is not None:
        verdicts.owe_artefacts(sq, tx, task.id)
    return verdict


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
    if kind != "requeued" or (text != feedback and not (feedback is None and _was_cancelled(tx, task))):
        return False
    current = tx.row(PROMPT, {"task": task.id, "revision": task.revision})
    return prompt is None or (current is not None and current[0] == prompt)


def _was_cancelled(tx: Transaction, task: Task) -> bool:
    """True if a task was cancelled before its last requeue, which then kept its feedback."""
    row = tx.row(BEFORE_REQUEUE, {"task": task.id})
    return row is not None and row[0] == Status.CANCELLED
