"""The inbox: finished tasks that you have not reviewed yet."""

from collections.abc import Sequence
from typing import Any

from sparkq_core import queues
from sparkq_core.errors import NoSuchTask, SparkQError, Unseen, WrongState
from sparkq_core.events import note
from sparkq_core.lifecycle import FINISHED_STATUSES, MARKS, ErrorType, verbs_from
from sparkq_core.model import TASK_COLUMNS, Finished, Inbox, Seen, Since, Task
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import checked_limit, moment_and_id, storable
from sparkq_core.tasks import late_results
from sparkq_core.tasks.refusals import find, hint, state

MAX_NAMED = 10
"""How many tasks the refusal of several names."""

SUMMARY = 400
"""How many characters of an outcome the inbox shows: the first of a result, but the last of an error, which say most."""

OUTCOME_TEXT = f"""CASE WHEN a.accepted_at IS NOT NULL OR a.error_type = '{ErrorType.TIMEOUT}'
THEN coalesce(a.late_text, a.error) ELSE coalesce(a.result, a.error) END"""
"""The text of the outcome of an attempt `a`: its late text if that was accepted or the attempt timed out, else its own."""

INBOX_COLUMNS = f"""{TASK_COLUMNS},
coalesce((SELECT CASE WHEN a.outcome = 'failed' AND NOT (a.late_outcome IS 'succeeded' AND (
        a.accepted_at IS NOT NULL OR a.error_type = '{ErrorType.TIMEOUT}'))
    THEN substr({OUTCOME_TEXT}, -{SUMMARY}) ELSE substr({OUTCOME_TEXT}, 1, {SUMMARY}) END FROM attempts AS a
    WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts), ''),
coalesce((SELECT a.late_outcome = 'succeeded' AND a.accepted_at IS NULL FROM attempts AS a
    WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts AND tasks.error_type = '{ErrorType.TIMEOUT}'), 0),
(SELECT a.git_after FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts)"""

UNREVIEWED = f"""
SELECT {INBOX_COLUMNS} FROM tasks INDEXED BY tasks_inbox
WHERE finished_at IS NOT NULL AND reviewed_at IS NULL AND (finished_at, id) > (:finished, :after)
AND (:queue IS NULL OR queue_id = :queue)
ORDER BY finished_at, id LIMIT :limit
"""
NEWEST = f"""
SELECT {INBOX_COLUMNS} FROM tasks INDEXED BY tasks_inbox WHERE finished_at IS NOT NULL AND reviewed_at IS NULL
AND (:queue IS NULL OR queue_id = :queue) ORDER BY finished_at DESC, id DESC LIMIT :limit
"""
WAITING = f"""
SELECT coalesce(sum({" + ".join(f"unreviewed_{status}" for status in FINISHED_STATUSES)}), 0) FROM queues
WHERE :queue IS NULL OR id = :queue
"""
LOOKED = "SELECT looked_at FROM project"
LOOK = "UPDATE project SET looked_at = :now"
SINCE = f"""
SELECT (SELECT name FROM queues AS q WHERE q.id = queue_id), sum(status = 'succeeded'),
    sum(status = 'failed' AND error_type IS NOT '{ErrorType.TIMEOUT}'), sum(error_type IS '{ErrorType.TIMEOUT}'),
    sum(error_type IS '{ErrorType.TIMEOUT}' AND EXISTS (SELECT 1 FROM attempts AS a
        WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts AND a.late_outcome = 'succeeded'))
FROM tasks INDEXED BY tasks_inbox
WHERE finished_at IS NOT NULL AND reviewed_at IS NULL AND finished_at > :since AND status <> 'cancelled'
GROUP BY queue_id ORDER BY queue_id
"""
REVIEW = f"""
UPDATE tasks SET reviewed_at = :now WHERE id = :id AND finished_at IS NOT NULL AND reviewed_at IS NULL
RETURNING {TASK_COLUMNS}
"""


def unreviewed(sq: SparkQ, *, queue: str | None = None, limit: int = 50, cursor: str | None = None) -> Inbox:
    """Return at most `limit` (1 to 1,000) unreviewed tasks, the oldest outcome first.

    Raises NoSuchQueue, InvalidValue.
    """
    checked_limit(limit)
    finished, after = moment_and_id(cursor) if cursor is not None else (-1, -1)
    sweep(sq)
    with sq.db.read() as tx:
        queue_id = queues.get(tx, queue).id if queue is not None else None
        rows = tx.rows(UNREVIEWED, {"finished": finished, "after": after, "queue": queue_id, "limit": limit + 1})
        total = _waiting(tx, queue_id)
    tasks = tuple(_finished(row) for row in rows[:limit])
    more = f"{tasks[-1].task.finished_at}.{tasks[-1].task.id}" if len(rows) > limit else None
    return Inbox(tasks, total, more)


def _finished(row: tuple[Any, ...]) -> Finished:
    *task, summary, late, git_after = row
    return Finished(Task(*task), summary, bool(late), git_after)


def waiting(sq: SparkQ) -> int:
    """Return how many tasks are unreviewed, including those of archived queues."""
    return _waiting(sq.db, None)


def _waiting(db: Reader, queue_id: int | None) -> int:
    row = db.row(WAITING, {"queue": queue_id})
    return int(row[0]) if row else 0


def newest(sq: SparkQ, *, queue: str | None = None, limit: int = 10) -> tuple[Finished, ...]:
    """Return the unreviewed tasks that finished last, the latest first. Raises NoSuchQueue."""
    with sq.db.read() as tx:
        queue_id = queues.get(tx, queue).id if queue is not None else None
        rows = tx.rows(NEWEST, {"queue": queue_id, "limit": limit})
    return tuple(_finished(row) for row in rows)


def since_last_look(sq: SparkQ) -> tuple[int | None, tuple[Since, ...]]:
    """Return when you last looked (UTC ms), and by queue how many tasks ended since and are still unreviewed."""
    sweep(sq)
    with sq.db.read() as tx:
        looked = tx.row(LOOKED)
        moment = looked[0] if looked else None
        rows = tx.rows(SINCE, {"since": moment or 0})
    return moment, tuple(Since(*row) for row in rows)


def look(sq: SparkQ) -> None:
    """Record that you look at the inbox now: "since you left" counts from here."""
    with sq.db.write() as tx:
        tx.run(LOOK, {"now": sq.clock.now()})


def review(sq: SparkQ, task_id: int) -> Task:
    """Mark a finished task as reviewed and leave its outcome as it is. Harmless if it was reviewed before.

    Raises NoSuchTask, WrongState for a task that has not finished.
    """
    return review_all(sq, [task_id])[0]


def review_all(sq: SparkQ, ids: Sequence[int]) -> tuple[Task, ...]:
    """Review all tasks of `ids` or, if one is refused, none. Raises the errors of `review`."""
    now = sq.clock.now()
    with sq.db.write() as tx:
        return tuple(_review(tx, task_id, now) for task_id in ids)


def _review(tx: Transaction, task_id: int, now: int) -> Task:
    row = tx.row(REVIEW, {"id": storable(task_id), "now": now})
    if row is None:
        task = find(tx, task_id)
        if task.status not in MARKS["review"]:
            raise WrongState(f"#{task.id} has not finished: it is {task.status}.", hint(task), verbs_from(task.status))
        return task
    note(tx, now, "reviewed", task=task_id, queue=row[1])
    return Task(*row)


def accept_all(sq: SparkQ, seen: Sequence[Seen]) -> tuple[Task, ...]:
    """Accept the outcomes that you saw: a late result that was shown becomes the outcome, any other outcome stays.

    The tasks are then reviewed; harmless if they were before. If some are refused, none is accepted, and the error
    names those. Raises NoSuchTask, WrongState for a task that has not finished, Unseen for a task that has had another
    attempt meanwhile, or whose late result was not shown.
    """
    now = sq.clock.now()
    accepted: list[Task] = []
    refused: dict[int, SparkQError] = {}
    with sq.db.write() as tx:
        for outcome in seen:
            try:
                accepted.append(_accept(tx, outcome, now))
            except (NoSuchTask, WrongState, Unseen) as error:
                refused[outcome.id] = error
        if refused:
            raise _none_accepted(len(seen), refused)
    return tuple(accepted)


def _accept(tx: Transaction, seen: Seen, now: int) -> Task:
    task = find(tx, seen.id)
    if task.status not in MARKS["review"]:
        return _review(tx, task.id, now)
    if task.attempts != seen.attempt:
        raise Unseen(
            f"#{task.id} was done again meanwhile: {state(task)}, and you saw the outcome of attempt {seen.attempt}.",
            "Look again.",
        )
    if not late_results.waits(tx, task):
        return _review(tx, task.id, now)
    if not seen.late:
        raise Unseen(
            f"#{task.id} has a late result that you were not shown.", "Look again: the task and the inbox show it."
        )
    return late_results.accept_within(tx, task, now)


def _none_accepted(count: int, refused: dict[int, SparkQError]) -> SparkQError:
    """Return the first refusal of `count` tasks, with the ids of all that were refused."""
    first = next(iter(refused.values()))
    if count == 1:
        return first
    more = f" and {len(refused) - MAX_NAMED:,} more" if len(refused) > MAX_NAMED else ""
    names = ", ".join(f"#{task_id}" for task_id in list(refused)[:MAX_NAMED])
    return type(first)(
        f"None of the {count:,} tasks is accepted, because of {names}{more}. {first.message}",
        f"Look again, or leave out {names}{more} and accept the others.",
    )
