"""Take verdicts back: the task is again as it was before, with its outcome and at its place in the inbox.

That is possible while nothing has happened to the task since: a verdict is never taken back under a worker's hands.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sparkq_core import verdicts
from sparkq_core.errors import SparkQError, WrongState
from sparkq_core.events import newest
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import MAX_ID
from sparkq_core.tasks.claim import PROMPT
from sparkq_core.tasks.enqueue import PROMPT_IN
from sparkq_core.tasks.late_results import SIGN
from sparkq_core.tasks.refusals import find
from sparkq_core.text import safe
from sparkq_core.verdicts import Giver

_KEPT = "SELECT event, task_id, call, size, since, kind, before FROM verdicts"
LAST = f"{_KEPT} ORDER BY event DESC LIMIT 1"
OF_CALL = f"{_KEPT} WHERE call = :call ORDER BY event"
OF_TASK = f"{_KEPT} WHERE task_id = :task ORDER BY event DESC LIMIT 1"
SINCE = f"""
SELECT kind, worker FROM events WHERE task_id = :task AND id > :since AND id < :until
AND kind NOT IN ('moved to the front', 'placed', 'refused', '{SIGN}') ORDER BY id LIMIT 1
"""
EARLIER_FEEDBACK = """
SELECT text FROM events WHERE task_id = :task AND id < :event AND kind IN ('requeued', 'feedback', 'requeue undone')
ORDER BY id DESC LIMIT 1
"""
RESTORE = f"""
UPDATE tasks SET status = :status, position = :position, title = :title, revision = :revision, worker = :worker,
    claimed_at = :claimed_at, heartbeat_at = :heartbeat_at, stale_warned_at = :stale_warned_at,
    finished_at = :finished_at, reviewed_at = :reviewed_at, error_type = :error_type, late_at = :late_at,
    late_attempt = :late_attempt, late_outcome = :late_outcome, accepted_attempt = :accepted_attempt
WHERE id = :id RETURNING {TASK_COLUMNS}
"""
NOT_ACCEPTED = "UPDATE attempts SET accepted_at = NULL WHERE task_id = :task AND attempt = :attempt"
FORGET = "DELETE FROM verdicts WHERE event = :event"
EARLIER = f"{_KEPT} WHERE task_id = :task AND event < :event ORDER BY event DESC LIMIT 1"
GO_ON = "UPDATE verdicts SET since = :since WHERE event = :event"
ONE_LESS = "UPDATE verdicts SET size = size - 1 WHERE call = :call"

NOUN = {"reviewed": "review", "accepted": "acceptance", "requeued": "requeue"}
SAYS = {
    "claimed": "{} claimed it since",
    "edited": "it was edited since",
    "moved": "it was moved to another queue since",
    "feedback": "its feedback was edited since",
    "cancelled": "it was cancelled since",
    "late": "{} sent a text since, which waits for your review",
    "requeued": "it was requeued since",
    "resumed": "its worker went on with it since",
    "answered": "its question was answered since",
}
"""What happened to a task after the verdict, by the kind of the event."""


class Undone(NamedTuple):
    """A task whose verdict was taken back: a `review`, an `acceptance` or a `requeue`."""

    task: Task
    verdict: str


class _Kept(NamedTuple):
    event: int
    task_id: int
    call: int
    size: int
    since: int
    kind: str
    before: str


def unreview(sq: SparkQ, ids: Sequence[int] = (), *, giver: Giver | None = None) -> tuple[Undone, ...]:
    """Take back the last verdicts on these tasks, or without ids the last verdict on any, with all that came with it.

    Either all are taken back or, if one is refused, none. A task that was requeued has its outcome again, and the next
    worker does not get the feedback. Raises NoSuchTask, WrongState if there is no verdict, or if anything has happened to
    the task since.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        wanted = [_of_task(tx, task_id) for task_id in dict.fromkeys(ids)] if ids else _last(tx)
        return tuple(_undo(sq, tx, kept, giver, now) for kept in wanted)


def _of_task(tx: Transaction, task_id: int) -> _Kept:
    task = find(tx, task_id)
    row = tx.row(OF_TASK, {"task": task.id})
    if row is None:
        raise WrongState(f"#{task.id} has no verdict to undo.", f"Its history: sparkq task {task.id} --timeline")
    return _Kept(*row)


def _last(tx: Transaction) -> list[_Kept]:
    row = tx.row(LAST)
    if row is None:
        raise WrongState("There is no verdict to undo.", "See what waits for you: sparkq review --list")
    call = [_Kept(*each) for each in tx.rows(OF_CALL, {"call": row[2]})]
    gone = call[0].size - len(call)
    if gone:
        ids = " ".join(str(kept.task_id) for kept in call[:10])
        raise WrongState(
            f"The last verdict was on {call[0].size:,} tasks, and {gone:,} of them {'was' if gone == 1 else 'were'} "
            "deleted since.",
            f"Undo it for the others by their ids: sparkq undo {ids}{' …' if len(call) > 10 else ''}",
        )
    return call


def _undo(sq: SparkQ, tx: Transaction, kept: _Kept, giver: Giver | None, now: int) -> Undone:
    task = find(tx, kept.task_id)
    event = tx.row(SINCE, {"task": task.id, "since": kept.since, "until": MAX_ID})
    if event is not None:
        raise _too_late(task, NOUN[kept.kind], *event)
    before: dict[str, Any] = json.loads(kept.before)
    if task.revision != before["revision"]:
        before["revision"] = _prompt_again(tx, task, before["revision"], now)
    if kept.kind != "requeued":
        # Only a requeue changes the place in line. A queued task may have got another one since, and another task its old one.
        before["position"] = task.position
    if kept.kind == "accepted":
        tx.run(NOT_ACCEPTED, {"task": task.id, "attempt": task.accepted_attempt})
    earlier = tx.row(EARLIER_FEEDBACK, {"task": task.id, "event": kept.event}) if kept.kind == "requeued" else None
    row = tx.row(RESTORE, {"id": task.id, **before})
    assert row is not None
    verdicts.log(tx, now, f"{NOUN[kept.kind]} undone", task, giver, text=earlier[0] if earlier else None)
    verdicts.owe_artefacts(sq, tx, task.id)
    _free_earlier(tx, kept)
    tx.run(FORGET, {"event": kept.event})
    tx.run(ONE_LESS, {"call": kept.call})
    return Undone(Task(*row), NOUN[kept.kind])


def _free_earlier(tx: Transaction, undone: _Kept) -> None:
    """Let the verdict before be undone too, unless anything happened between the two."""
    row = tx.row(EARLIER, {"task": undone.task_id, "event": undone.event})
    if row is None:
        return
    earlier = _Kept(*row)
    if tx.row(SINCE, {"task": earlier.task_id, "since": earlier.since, "until": undone.event}) is None:
        tx.run(GO_ON, {"event": earlier.event, "since": newest(tx)})


def _prompt_again(tx: Transaction, task: Task, revision: int, now: int) -> int:
    """Make an earlier prompt the present one, as a new revision: those between stay."""
    ((prompt,),) = tx.rows(PROMPT, {"task": task.id, "revision": revision})
    tx.run(PROMPT_IN, {"task": task.id, "revision": task.revision + 1, "text": prompt, "now": now})
    return task.revision + 1


def _too_late(task: Task, noun: str, kind: str, worker: str | None) -> SparkQError:
    what = SAYS.get(kind, "it has changed since").format(safe(worker or "a worker"))
    return WrongState(
        f"The {noun} of #{task.id} cannot be undone: {what}.", f"Look at it again: sparkq task {task.id} --timeline"
    )
