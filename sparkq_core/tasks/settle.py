"""What the holder of a claim says of it: progress, done, failed, given back."""

import json
from contextlib import suppress
from typing import Any

from sparkq_core.errors import InvalidValue, NoSuchTask, SparkQError
from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES, WARN_AFTER, ErrorType, Move, Status
from sparkq_core.model import TASK_COLUMNS, Settled, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks import git, late_results
from sparkq_core.tasks.claim import checked_worker, take
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import MAX_TEXT, checked

SETTLE = f"""
UPDATE tasks SET status = :target, finished_at = :now, due_at = NULL, error_type = :error_type
WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)
RETURNING {TASK_COLUMNS}
"""
END_ATTEMPT = """
UPDATE attempts SET outcome = :outcome, result = :result, data = :data, error = :error, error_type = :error_type,
    finished_at = :now, heartbeat_at = :heartbeat, stale_warned_at = :warned
WHERE task_id = :task AND attempt = :attempt AND outcome IS NULL
"""
HEARTBEAT = f"""
UPDATE tasks SET heartbeat_at = :now, stale_warned_at = NULL, due_at = :now + {WARN_AFTER} * timeout * 1000
WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)
RETURNING {TASK_COLUMNS}
"""
RELEASE = f"""
UPDATE tasks SET status = :target, due_at = NULL, worker = NULL, claimed_at = NULL, heartbeat_at = NULL,
    stale_warned_at = NULL
WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)
RETURNING {TASK_COLUMNS}
"""
HELD = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)"
LEFT = "SELECT queued, status = 'archived' FROM queues WHERE id = :queue"
GIT_BEFORE = "SELECT git_before FROM attempts WHERE task_id = :task AND attempt = :attempt"
GIT_AFTER = "UPDATE attempts SET git_after = :git WHERE task_id = :task AND attempt = :attempt"
GIT_NEXT = "UPDATE attempts SET git_before = :git WHERE task_id = :task AND attempt = :attempt"
MAX_TYPE = 100
MAX_DEPTH = 100


def complete(
    sq: SparkQ,
    task_id: int,
    result: str,
    *,
    data: Any = None,
    attempt: int | None = None,
    next_for: str | None = None,
) -> Settled:
    """Settle a running task as done. `result` (at most 1 MiB) is for whoever reviews it, `data` any JSON value.

    `attempt` is the number that the claim gave; without it the present one is meant. The same outcome again is
    harmless. A result that comes too late raises ClaimLost, and is kept on its attempt for a person to accept.
    `next_for` names a worker that takes the next task of the same queue, in the same transaction: one wait for the disk
    instead of two. It gets none from an empty or archived queue, nor with an outcome that had been reported before.
    Raises NoSuchTask, WrongState, InvalidText, InvalidValue.
    """
    checked(result, "result")
    return _settle(sq, task_id, "complete", attempt, result, as_json(data), None, next_for)


def fail(
    sq: SparkQ,
    task_id: int,
    error: str,
    *,
    error_type: str | None = None,
    attempt: int | None = None,
    next_for: str | None = None,
    keep_late: bool = True,
) -> Settled:
    """Settle a running task as failed. `error` (at most 1 MiB) says what went wrong, `error_type` is one word for it.

    As `complete` in everything else. `keep_late` false is for a person who ends the claim of a worker: an attempt that has
    ended by itself refuses it, and nothing is kept as if its worker had said it.
    """
    checked(error, "error message")
    checked(error_type or "error", "error type", limit=MAX_TYPE)
    if error_type in set(ErrorType):
        raise InvalidValue(f"The error type {error_type!r} is SparkQ's own.", "Use another word, such as 'gave_up'.")
    return _settle(sq, task_id, "fail", attempt, error, None, error_type or "error", next_for, keep_late)


def as_json(data: Any) -> str | None:
    """`data` as compact JSON, at most 1 MiB and nested at most 100 deep; None for None. Raises InvalidValue, InvalidText."""
    if data is None:
        return None
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValue(
            f"The result data is not JSON: {error}.", "Send an object, a list, a text or a number."
        ) from error
    text = checked(text, "result data", limit=MAX_TEXT)
    level: list[Any] = [[data]]
    for _ in range(MAX_DEPTH + 1):
        inside = (inner for one in level for inner in (one.values() if isinstance(one, dict) else one))
        level = [one for one in inside if isinstance(one, dict | list | tuple)]
    if level:  # whoever shows it needs a call for each level, and has no room for a thousand
        raise InvalidValue(f"The result data is nested more than {MAX_DEPTH} deep.", "Send it flatter, or as a text.")
    return text


def _settle(
    sq: SparkQ,
    task_id: int,
    verb: str,
    attempt: int | None,
    text: str,
    data: str | None,
    error_type: str | None,
    next_for: str | None,
    keep_late: bool = True,
) -> Settled:
    if next_for is not None:
        checked_worker(next_for)
    move = MOVES[verb]
    done = move.target == Status.SUCCEEDED
    now = sq.clock.now()
    with sq.db.write() as tx:
        row = tx.row(SETTLE, {
            "id": storable(task_id), "attempt": storable(attempt), "from_status": move.from_status, "target": move.target, "now": now,
            "error_type": error_type,
        })  # fmt: skip
        if row is not None:
            task = Task(*row)
            tx.run(END_ATTEMPT, {
                "task": task.id, "attempt": task.attempts, "outcome": move.target, "result": text if done else None,
                "data": data, "error": None if done else text, "error_type": error_type, "now": now,
                "heartbeat": task.heartbeat_at, "warned": task.stale_warned_at,
            })  # fmt: skip
            note(tx, now, move.target, task=task.id, queue=task.queue_id, attempt=task.attempts)
            waiting, archived = _left(tx, task)
            claimed = None if next_for is None or archived else take(sq, tx, task.queue_id, next_for, now)
            remaining = waiting if claimed is None else claimed.remaining
            outcome: Settled | SparkQError = Settled(
                task, remaining, task.attempts, task.status, archived=archived, claimed=claimed
            )
        elif not keep_late:
            outcome = refused(tx, task_id, verb, attempt, kept=False)
        else:
            outcome = _unsettled(tx, task_id, verb, move, attempt, text, data, now)
    if row is not None and sq.config.watches_git and isinstance(outcome, Settled):
        _note_change(sq, outcome)
    if isinstance(outcome, SparkQError):
        raise outcome  # after the transaction: what came too late has been kept by now
    return outcome


def _unsettled(
    tx: Transaction, task_id: int, verb: str, move: Move, attempt: int | None, text: str, data: str | None, now: int
) -> Settled | SparkQError:
    """The same outcome again, or a refusal whose text is kept on its attempt."""
    try:
        task = find(tx, task_id)
    except NoSuchTask as missing:
        return missing
    number = attempt if attempt is not None else task.attempts
    ended = late_results.ended(tx, task_id, number)
    if ended is None:
        return refused(tx, task_id, verb, attempt)
    if ended.outcome == move.target and not ended.timed_out:
        if (text, data) != (ended.result if move.target == Status.SUCCEEDED else ended.error, ended.data):
            late_results.keep(tx, task, ended, move.target, text, data, now)
        waiting, archived = _left(tx, task)
        return Settled(task, waiting, number, str(ended.outcome), again=True, archived=archived)
    late_results.keep(tx, task, ended, move.target, text, data, now)
    return refused(tx, task_id, verb, number)


def _left(tx: Transaction, settled: Task) -> tuple[int, bool]:
    """How many tasks of the queue are queued, and whether somebody has archived it: then none of them is given."""
    waiting, archived = tx.rows(LEFT, {"queue": settled.queue_id})[0]
    return int(waiting), bool(archived)


def _note_change(sq: SparkQ, settled: Settled) -> None:
    """What the attempt changed in the repository: after its outcome is safe, since Git may take a moment.

    It is what the next attempt, if one was claimed with it, begins with.
    """
    ended = {"task": settled.task.id, "attempt": settled.attempt}
    with suppress(SparkQError):  # the outcome stands: what Git says of it is not worth a refusal
        row = sq.db.row(GIT_BEFORE, ended)
        found = git.after(sq, row[0] if row else None)
        if found is None:
            return
        with sq.db.write() as tx:
            tx.run(GIT_AFTER, ended | {"git": found})
            if settled.claimed is not None:
                begun = settled.claimed.task
                tx.run(GIT_NEXT, {"task": begun.id, "attempt": begun.attempts, "git": git.standing(found)})


def progress(sq: SparkQ, task_id: int, text: str = "", *, attempt: int | None = None) -> Task:
    """The worker is alive: the stale clock starts again. A `text` (at most 1 MiB) goes into the task's timeline.

    Raises ClaimLost, NoSuchTask, WrongState, InvalidText.
    """
    checked(text, "progress note", empty=True)
    now = sq.clock.now()
    with sq.db.write() as tx:
        row = tx.row(HEARTBEAT, _held("progress", task_id, attempt) | {"now": now})
        if row is None:
            raise refused(tx, task_id, "progress", attempt)
        task = Task(*row)
        if text:
            note(tx, now, "progress", task=task.id, queue=task.queue_id, attempt=task.attempts, text=text)
    return task


def release(sq: SparkQ, task_id: int, reason: str = "", *, attempt: int | None = None) -> Task:
    """Give a running task back to its old place in the line; its attempt ends `released`.

    Releasing it again is harmless while it waits. Raises ClaimLost, NoSuchTask, WrongState, InvalidText.
    """
    checked(reason, "reason", empty=True)
    now = sq.clock.now()
    values = _held("release", task_id, attempt)
    with sq.db.write() as tx:
        before = tx.row(HELD, values)
        row = tx.row(RELEASE, values | {"target": MOVES["release"].target})
        if before is None or row is None:
            if (again := _released(tx, task_id, attempt)) is not None:
                return again
            raise refused(tx, task_id, "release", attempt)
        held, task = Task(*before), Task(*row)
        tx.run(END_ATTEMPT, {
            "task": task.id, "attempt": task.attempts, "outcome": "released", "result": None, "data": None,
            "error": reason or None, "error_type": None, "now": now, "heartbeat": held.heartbeat_at,
            "warned": held.stale_warned_at,
        })  # fmt: skip
        note(tx, now, "released", task=task.id, queue=task.queue_id, attempt=task.attempts, text=reason or None)
    return task


def _held(verb: str, task_id: int, attempt: int | None) -> dict[str, int | str | None]:
    """What binds a verb to the attempt that runs; `attempt` None is whichever that is."""
    return {"id": storable(task_id), "attempt": storable(attempt), "from_status": MOVES[verb].from_status}


def _released(tx: Transaction, task_id: int, attempt: int | None) -> Task | None:
    """The task, if it waits because this very attempt (or, unnamed, the last one) was released before."""
    task = find(tx, task_id)
    ended = late_results.ended(tx, task_id, attempt if attempt is not None else task.attempts)
    if (
        task.status == Status.QUEUED
        and ended is not None
        and ended.outcome == "released"
        and ended.attempt == task.attempts
    ):
        return task
    return None
