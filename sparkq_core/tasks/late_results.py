"""Keep what a worker sends after its attempt has ended: it comes to your inbox, and you may accept a result."""

from sparkq_core import verdicts
from sparkq_core.errors import Unseen, WrongState
from sparkq_core.events import last_of_task, note
from sparkq_core.lifecycle import MOVES, RELEASED, Status
from sparkq_core.model import ATTEMPT_COLUMNS, TASK_COLUMNS, Attempt, Seen, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks.refusals import GET, find, hint, no_such_attempt, state
from sparkq_core.text import safe
from sparkq_core.verdicts import Giver

ENDED = f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = :task AND attempt = :attempt AND outcome IS NOT NULL"
KEEP = """
UPDATE attempts SET late_outcome = :outcome, late_text = :text, late_data = :data, late_at = :now
WHERE task_id = :task AND attempt = :attempt
"""
# Each late text has its own time, even in the same millisecond: by it you know whether you have seen the newest.
UNREVIEWED = """
UPDATE tasks SET late_at = max(:now, coalesce(late_at + 1, :now)), late_attempt = :attempt, late_outcome = :outcome,
    reviewed_at = NULL
WHERE id = :task
"""
WAITING = """
SELECT attempt FROM attempts WHERE task_id = :task AND late_outcome = 'succeeded' AND accepted_at IS NULL
ORDER BY attempt DESC
"""
ACCEPT = f"""
UPDATE tasks SET status = :target, error_type = NULL, reviewed_at = :now, accepted_attempt = :attempt,
    late_at = NULL, late_attempt = NULL, late_outcome = NULL,
    (worker, claimed_at, heartbeat_at, stale_warned_at, finished_at) = (
        SELECT a.worker, a.claimed_at, a.heartbeat_at, a.stale_warned_at, a.late_at FROM attempts AS a
        WHERE a.task_id = :id AND a.attempt = :attempt
    )
WHERE id = :id AND status = :from_status RETURNING {TASK_COLUMNS}
"""
LAST_LATE = """
SELECT text FROM events WHERE task_id = :task AND kind = 'late' AND attempt = :attempt ORDER BY id DESC LIMIT 1
"""
SIGN = "late progress"
"""The kind of event for a word of a worker whose attempt has ended."""
ACCEPTED = "UPDATE attempts SET accepted_at = :now WHERE task_id = :task AND attempt = :attempt"


def check_seen(tx: Transaction, task: Task, seen: Seen) -> None:
    """Raise Unseen if the task has had another attempt since it was `seen`, if its newest late text was not shown, or
    if a status was seen that it no longer has."""
    if task.attempts != seen.attempt:
        done, saw = (
            ("done again", f"the outcome of attempt {seen.attempt}") if seen.attempt else ("claimed", "it before")
        )
        raise Unseen(f"#{task.id} was {done} meanwhile: {state(task)}, and you saw {saw}.", "Look again.")
    if seen.status not in (None, task.status):
        raise Unseen(
            f"#{task.id} has changed meanwhile: {state(task)}, and you saw it {safe(seen.status)}.", "Look again."
        )
    if task.late_at is not None and (not seen.late or seen.late_at not in (None, task.late_at)):
        kind = "text" if offered(tx, task) is None else "result"
        raise Unseen(
            f"#{task.id} has a late {kind} that you were not shown.", "Look again: the task and the inbox show it."
        )


def ended(db: Reader, task_id: int, attempt: int) -> Attempt | None:
    """Return the attempt if it has ended."""
    row = db.row(ENDED, {"task": task_id, "attempt": storable(attempt)})
    return Attempt(*row) if row else None


def keep(tx: Transaction, task: Task, attempt: Attempt, outcome: str, text: str, data: str | None, now: int) -> bool:
    """Keep a text on the attempt that it belongs to, log it in the timeline, and make the task unreviewed again.

    A late failure does not replace a late result, and nothing replaces an accepted one. Returns False if the same text
    was kept before.
    """
    if attempt.late_outcome == outcome and attempt.late_text == text and attempt.late_data == data:
        return False
    last = tx.row(LAST_LATE, {"task": task.id, "attempt": attempt.attempt})
    failed = outcome == Status.FAILED
    if failed and last is not None and last[0] == text:
        return False
    would_replace_a_result = failed and attempt.late_outcome == Status.SUCCEEDED
    if attempt.accepted_at is None and not would_replace_a_result:
        tx.run(KEEP, {
            "task": task.id, "attempt": attempt.attempt, "outcome": outcome, "text": text, "data": data, "now": now,
        })  # fmt: skip
    tx.run(UNREVIEWED, {"task": task.id, "attempt": attempt.attempt, "outcome": outcome, "now": now})
    note(tx, now, "late", task=task.id, queue=task.queue_id, attempt=attempt.attempt, worker=attempt.worker, text=text)
    return True


def keep_sign(tx: Transaction, task_id: int, attempt: int | None, text: str, now: int) -> bool:
    """Log in the timeline that the worker of an attempt that timed out has given a sign since, once for each text; of an
    attempt that was given back, what it says. Return True if a text is there.

    Without `attempt` it is the latest one.
    """
    row = tx.row(GET, {"id": storable(task_id)})
    task = Task(*row) if row is not None else None
    of = ended(tx, task.id, attempt or task.attempts) if task is not None else None
    if task is None or of is None or not (of.timed_out or (text and of.outcome == RELEASED)):
        return False
    if last_of_task(tx, task.id) != (SIGN, text or None) and (of.timed_out or text != of.error):
        said = text or None
        note(tx, now, SIGN, task=task.id, queue=task.queue_id, attempt=of.attempt, worker=of.worker, text=said)
    return bool(text)


def accept(sq: SparkQ, task_id: int, attempt: int | None = None, *, giver: Giver | None = None) -> Task:
    """Accept the late result of an attempt as the outcome of its task, which is then succeeded and reviewed.

    Without `attempt` it is the newest late result that has not been accepted. A queued task leaves its queue.
    Raises NoSuchTask, InvalidValue for an unknown attempt, WrongState if there is no such result, while another attempt
    runs, and for a task that has succeeded.
    """
    with sq.db.write() as tx:
        accepted, verdict = accept_late(tx, find(tx, task_id), attempt, sq.clock.now(), giver)
        verdicts.keep(sq, tx, [verdict])
        return accepted


def accept_late(
    tx: Transaction, task: Task, attempt: int | None, now: int, giver: Giver | None
) -> tuple[Task, verdicts.Verdict]:
    """Accept the late result of an attempt, or the newest one, as a part of a transaction. Raises the errors of `accept`."""
    if attempt is not None and not 0 < attempt <= task.attempts:
        raise no_such_attempt(task, attempt)
    waiting = _waiting(tx, task)
    if task.status not in MOVES["accept"].from_statuses:
        raise WrongState(f"#{task.id} cannot be accepted: {state(task)}.", _way_to_accept(task, attempt, waiting))
    if not waiting or attempt not in (None, *waiting):
        raise _no_late_result(task, attempt, waiting)
    return accept_within(tx, task, attempt or waiting[0], now, giver)


def keeps_result(db: Reader, task: Task) -> bool:
    """Return True if a late result can be accepted now, however old it is."""
    return task.status in MOVES["accept"].from_statuses and bool(_waiting(db, task))


def acceptable(late_outcome: str | None, status: str) -> bool:
    """Return True if a late text is a result, and the status of its task allows to accept it."""
    return late_outcome == Status.SUCCEEDED and status in MOVES["accept"].from_statuses


def offered(db: Reader, task: Task) -> int | None:
    """Return the attempt of the newest late text of a task if that is a result that can be accepted now."""
    if not acceptable(task.late_outcome, task.status):
        return None
    return task.late_attempt if task.late_attempt in _waiting(db, task) else None


def waits(db: Reader, task: Task) -> bool:
    """Return True if a late text came since the last requeue, and there is a late result that can be accepted."""
    return task.late_at is not None and keeps_result(db, task)


def accept_within(
    tx: Transaction, task: Task, attempt: int, now: int, giver: Giver | None
) -> tuple[Task, verdicts.Verdict]:
    """Accept the late result of an attempt, as a part of a transaction."""
    row = tx.row(ACCEPT, {
        "id": task.id, "attempt": attempt, "from_status": task.status, "target": MOVES["accept"].target, "now": now,
    })  # fmt: skip
    assert row is not None
    tx.run(ACCEPTED, {"task": task.id, "attempt": attempt, "now": now})
    return Task(*row), verdicts.log(tx, now, "accepted", task, giver, attempt=attempt)


def _waiting(db: Reader, task: Task) -> list[int]:
    """Return the attempts with a late result that has not been accepted, the newest first."""
    return [int(attempt) for (attempt,) in db.rows(WAITING, {"task": task.id})]


def _way_to_accept(task: Task, attempt: int | None, waiting: list[int]) -> str:
    """Return the next step for a task whose status allows no late result."""
    if not waiting:
        return hint(task)
    result = f"the late result of attempt {attempt if attempt in waiting else waiting[0]}"
    if task.status == Status.RUNNING:
        return f"It keeps {result}: accept it when attempt {task.attempts} has ended."
    return f"It keeps {result}: to accept that instead, requeue the task and accept it before it is claimed."


def _no_late_result(task: Task, attempt: int | None, waiting: list[int]) -> WrongState:
    if waiting:
        return WrongState(
            f"Attempt {attempt} of #{task.id} has no late result.",
            f"There is one of attempt {' and of attempt '.join(map(str, sorted(waiting)))}.",
        )
    return WrongState(f"#{task.id} cannot be accepted: {state(task)} and has no late result.", hint(task))
