"""Settle a claimed task."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from sparkq_core.changes.current import Files
from sparkq_core.chats import Caller
from sparkq_core.errors import InvalidValue, NoSuchTask, SparkQError
from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES, ErrorType, Status
from sparkq_core.model import TASK_OF_QUEUE_COLUMNS, Attempt, Gate, Settled, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks, gates
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks import fence, late_results
from sparkq_core.tasks.claim import Claimant, checked_worker, running_claim, take
from sparkq_core.tasks.progress import HEARTBEAT, guard
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import MAX_TEXT, checked

SETTLE = f"""
UPDATE tasks SET status = :target, finished_at = :now, due_at = NULL, limit_until = NULL, error_type = :error_type
WHERE id = :id AND status = :from_status AND attempts = coalesce(:attempt, attempts)
AND (:is_checked OR NOT EXISTS (SELECT 1 FROM queues AS q WHERE q.id = queue_id AND {checks.DEMANDED}))
"""
END_ATTEMPT = """
UPDATE attempts SET outcome = :outcome, result = :result, data = :data, error = :error, error_type = :error_type,
    finished_at = :now, heartbeat_at = :heartbeat, stale_warned_at = :warned
WHERE task_id = :task AND attempt = :attempt AND outcome IS NULL
"""
WITH_LEFT = f"""
SELECT {TASK_OF_QUEUE_COLUMNS}, q.queued, q.held, q.status = 'archived', NOT ({gates.OPEN})
FROM tasks AS t JOIN queues AS q ON q.id = t.queue_id WHERE t.id = :task
"""
CLAIMED_NEXT = """
UPDATE attempts SET next_task = :next_task, next_attempt = :next_attempt WHERE task_id = :task AND attempt = :attempt
"""
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
    chat: Caller | None = None,
) -> Settled:
    """Settle a running task as done. `result` (at most 1 MiB) is for its reviewer, `data` any JSON value.

    `attempt` is the number from the claim; without it the running one is meant, unless the worker of an earlier one may
    still report, which raises AttemptNeeded. The same outcome again is harmless; other words are kept beside the first.
    A result that comes too late raises ClaimLost, and is kept on its attempt so that you can accept it.
    `next_for` names a worker, and `chat` its chat, for which the next task of the same queue is claimed in the same
    transaction: one wait for the disk instead of two. There is none if the queue is empty, archived or gated. If this outcome
    had been reported before, it is the task that was claimed with it, as long as that attempt runs.
    In a queue with a review limit and a check, its latest run for this attempt must have passed on the files as they are now;
    else it raises Unchecked, and nothing is settled or claimed. Only there this looks at the files, which takes Git a while.
    Raises NoSuchTask, WrongState, InvalidText, InvalidValue.
    """
    report, claimant = _completion(task_id, result, data, attempt), _claimant(next_for, chat)
    done = _settle(sq, report, claimant, is_seen=False)
    if done is None:
        done = _settle(sq, report, claimant, checks.files_now(sq, task_id, attempt))
        assert done is not None
    return done


def complete_at_once(
    sq: SparkQ,
    task_id: int,
    result: str,
    *,
    data: Any = None,
    attempt: int | None = None,
    next_for: str | None = None,
    chat: Caller | None = None,
) -> Settled | None:
    """Do the same as `complete`, on an event loop: return None, and change nothing, if Git has to look at the files first.

    Then call `complete` in a thread. Raises the errors of `complete`.
    """
    return _settle(sq, _completion(task_id, result, data, attempt), _claimant(next_for, chat), is_seen=False)


def _completion(task_id: int, result: str, data: Any, attempt: int | None) -> "_Report":
    checked(result, "result")
    return _Report("complete", task_id, attempt, result, data=as_json(data))


def fail(
    sq: SparkQ,
    task_id: int,
    error: str,
    *,
    error_type: str | None = None,
    attempt: int | None = None,
    next_for: str | None = None,
    chat: Caller | None = None,
    keep_late: bool = True,
) -> Settled:
    """Settle a running task as failed. `error` (at most 1 MiB) says what went wrong, `error_type` is one word for it.

    Everything else is as in `complete`. `keep_late` is false if you end the claim of a worker: once the attempt has
    ended by itself, the error is refused and not kept, because it is not a late text of the worker.
    """
    report = _Report("fail", task_id, attempt, error, error_type=_checked_failure(error, error_type))
    done = _settle(sq, report, _claimant(next_for, chat), keep_late=keep_late)
    assert done is not None
    return done


def fail_all(sq: SparkQ, task_ids: Sequence[int], error: str, *, error_type: str | None = None) -> tuple[Settled, ...]:
    """End the running attempts of several tasks as failed, all of them or none: you do it, not their workers.

    Raises NoSuchTask, WrongState for a task that is not running, InvalidText, InvalidValue.
    """
    word, now = _checked_failure(error, error_type), sq.clock.now()
    failed = []
    with sq.db.write() as tx:
        for task_id in dict.fromkeys(task_ids):
            left = _end_running(tx, _Report("fail", task_id, None, error, error_type=word), now, is_checked=True)
            if left is None:
                raise refused(tx, task_id, "fail", kept=False)
            failed.append(_with_next(sq, tx, left, None, now))
    return tuple(failed)


def _checked_failure(error: str, error_type: str | None) -> str:
    """Return the word for a failure. Raises InvalidText, InvalidValue."""
    checked(error, "error message")
    checked(error_type or "error", "error type", limit=MAX_TYPE)
    if error_type in set(ErrorType):
        raise InvalidValue(f"The error type {error_type!r} is SparkQ's own.", "Use another word, such as 'gave_up'.")
    return error_type or "error"


def _claimant(next_for: str | None, chat: Caller | None) -> Claimant | None:
    return None if next_for is None else Claimant(checked_worker(next_for), chat)


def as_json(data: Any) -> str | None:
    """Format `data` as compact JSON, at most 1 MiB and 100 levels deep; None stays None. Raises InvalidValue, InvalidText."""
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
        items = (item for parent in level for item in (parent.values() if isinstance(parent, dict) else parent))
        level = [item for item in items if isinstance(item, dict | list | tuple)]
    if level:  # a reader that recurses needs a stack frame for each level
        raise InvalidValue(
            f"The result data is nested more than {MAX_DEPTH} deep.", "Send it with fewer levels, or as a text."
        )
    return text


class _Report(NamedTuple):
    """The outcome that a worker reports for an attempt; if `attempt` is None, for the latest one."""

    verb: str
    task_id: int
    attempt: int | None
    text: str
    data: str | None = None
    error_type: str | None = None

    @property
    def outcome(self) -> Status:
        return MOVES[self.verb].target

    @property
    def result(self) -> str | None:
        return self.text if self.outcome == Status.SUCCEEDED else None

    @property
    def error(self) -> str | None:
        return self.text if self.outcome == Status.FAILED else None

    def repeats(self, ended: Attempt) -> bool:
        """True if the attempt ended with this outcome, by its worker."""
        return ended.outcome == self.outcome and not ended.timed_out

    def equals(self, ended: Attempt) -> bool:
        """True if the attempt ended with this outcome, this text and this data."""
        text = ended.result if self.outcome == Status.SUCCEEDED else ended.error
        return self.repeats(ended) and text == self.text and self.data in (None, ended.data)


def _settle(
    sq: SparkQ,
    report: _Report,
    claimant: Claimant | None,
    files: Files | None = None,
    *,
    is_seen: bool = True,
    keep_late: bool = True,
) -> Settled | None:
    """Settle the attempt, or keep the text of the report. Return None, and change nothing, if the files must be seen first."""
    now = sq.clock.now()
    refusal: SparkQError | None = None
    with sq.db.write() as tx:
        if report.attempt is None and fence.earlier_is_silent(tx, report.task_id):
            refusal = fence.keep(tx, report.verb, report.task_id, report.text, now)
        elif (
            is_seen
            and report.verb == "complete"
            and (lacking := checks.refusal(tx, report.task_id, report.attempt, files))
        ):
            refusal = lacking
            _sign_of_life(tx, report, now)
        elif (left := _end_running(tx, report, now, is_checked=is_seen)) is not None:
            settled = _with_next(sq, tx, left, claimant, now)
        elif not is_seen and checks.is_needed(tx, report.task_id, report.attempt):
            return None
        else:
            ended, kept = _keep_late(tx, report, now) if keep_late else (None, False)
            if ended is not None and report.repeats(ended):
                return _settled_before(sq, tx, ended, kept=kept, with_next=claimant is not None)
            attempt = report.attempt if ended is None else ended.attempt
            refusal = refused(tx, report.task_id, report.verb, attempt, kept=keep_late)
            if isinstance(refusal, InvalidValue) and keep_late:  # an attempt that never was
                fence.keep_text(tx, find(tx, report.task_id), report.text, now)
                refusal.hint = f"{refusal.hint} {fence.KEPT}"
    if refusal is not None:
        raise refusal  # after the commit, which keeps the text
    return settled


class _Left(NamedTuple):
    """A task, and how many tasks its queue has left: queued and held ones. An archived queue hands out none, and else its
    gate may be closed."""

    task: Task
    queued: int
    held: int
    archived: bool
    gate: Gate | None


def _end_running(tx: Transaction, report: _Report, now: int, *, is_checked: bool) -> _Left | None:
    """End the running attempt with the reported outcome; None if that attempt is not running, or is to be checked first."""
    move = MOVES[report.verb]
    task_id = storable(report.task_id)
    if not tx.changed(SETTLE, {
        "id": task_id, "attempt": storable(report.attempt), "from_status": move.from_status,
        "target": move.target, "now": now, "error_type": report.error_type, "is_checked": is_checked,
    }):  # fmt: skip
        return None
    left = _left(tx, report.task_id)
    task = left.task
    tx.run(END_ATTEMPT, {
        "task": task.id, "attempt": task.attempts, "outcome": move.target, "result": report.result,
        "data": report.data, "error": report.error, "error_type": report.error_type, "now": now,
        "heartbeat": task.heartbeat_at, "warned": task.stale_warned_at,
    })  # fmt: skip
    note(tx, now, move.target, task=task.id, queue=task.queue_id, attempt=task.attempts)
    return left


def _sign_of_life(tx: Transaction, report: _Report, now: int) -> None:
    """Restart the stale clock: the worker is alive, although its outcome is refused."""
    tx.run(HEARTBEAT, guard("progress", report.task_id, report.attempt) | {"now": now})


def _with_next(sq: SparkQ, tx: Transaction, left: _Left, claimant: Claimant | None, now: int) -> Settled:
    """The settled task and, for a worker that asks for it, the next claim of its queue."""
    task, waiting, held, archived, gate = left
    claimed = None if claimant is None or archived else take(sq, tx, task.queue_id, claimant, now)
    if claimed is not None:
        waiting = claimed.remaining
        tx.run(CLAIMED_NEXT, {
            "task": task.id, "attempt": task.attempts, "next_task": claimed.task.id,
            "next_attempt": claimed.task.attempts,
        })  # fmt: skip
    return Settled(task, waiting, task.attempts, task.status, archived=archived, claimed=claimed, held=held, gate=gate)


def _keep_late(tx: Transaction, report: _Report, now: int) -> tuple[Attempt | None, bool]:
    """Keep the text of a report on its attempt, if that has ended, and return the attempt, and True if the text was new.

    Raises NoSuchTask.
    """
    task = find(tx, report.task_id)
    ended = late_results.ended(tx, task.id, task.attempts if report.attempt is None else report.attempt)
    if ended is None or report.equals(ended):
        return ended, False
    return ended, late_results.keep(tx, task, ended, report.outcome, report.text, report.data, now)


def _settled_before(sq: SparkQ, tx: Transaction, ended: Attempt, *, kept: bool, with_next: bool) -> Settled:
    """The answer to a report that repeats the outcome of its attempt. The answer to the first may have been lost, so
    it has the task again that was claimed with it."""
    task, waiting, held, archived, gate = _left(tx, ended.task_id)
    claimed = None
    if with_next and ended.next_task is not None and ended.next_attempt is not None:
        with suppress(NoSuchTask):  # it was settled and deleted since
            claimed = running_claim(sq, tx, ended.next_task, ended.next_attempt)
    return Settled(
        task,
        waiting,
        ended.attempt,
        str(ended.outcome),
        again=True,
        kept=kept,
        archived=archived,
        claimed=claimed,
        held=held,
        gate=gate,
    )


def _left(tx: Transaction, task_id: int) -> _Left:
    """Return a task that exists, and what its queue has left."""
    ((*columns, queued, held, archived, closed),) = tx.rows(WITH_LEFT, {"task": task_id})
    task = Task._make(columns)
    gate = gates.of_queue(tx, task.queue_id) if closed and not archived else None
    return _Left(task, queued, held, bool(archived), gate)
