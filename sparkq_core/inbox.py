"""The inbox: finished work that nobody has looked at yet. This is what the person comes back for."""

from collections.abc import Sequence

from sparkq_core import queues
from sparkq_core.errors import NoSuchTask, SparkQError, Unseen, WrongState
from sparkq_core.events import note
from sparkq_core.lifecycle import MARKS, ErrorType
from sparkq_core.model import TASK_COLUMNS, Finished, Inbox, Seen, Since, Task
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import checked_limit, moment_and_id, storable
from sparkq_core.tasks import late_results
from sparkq_core.tasks.refusals import find, hint

MAX_NAMED = 10
"""Tasks that the refusal of several names."""

SUMMARY = 400
"""Characters of an outcome that the inbox carries: the first of a result, the last of an error, which say most."""

OUTCOME_TEXT = f"""CASE WHEN a.accepted_at IS NOT NULL OR a.error_type = '{ErrorType.TIMEOUT}'
THEN coalesce(a.late_text, a.error) ELSE coalesce(a.result, a.error) END"""
"""What an attempt `a` says of its outcome: its late text if that was accepted or the attempt timed out, else its own."""

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
WAITING = """
SELECT coalesce(sum(unreviewed_succeeded + unreviewed_failed), 0) FROM queues WHERE :queue IS NULL OR id = :queue
"""
LOOKED = "SELECT looked_at FROM project"
LOOK = "UPDATE project SET looked_at = :now"
SINCE = f"""
SELECT (SELECT name FROM queues AS q WHERE q.id = queue_id), sum(status = 'succeeded'),
    sum(status = 'failed' AND error_type IS NOT '{ErrorType.TIMEOUT}'), sum(error_type IS '{ErrorType.TIMEOUT}'),
    sum(error_type IS '{ErrorType.TIMEOUT}' AND EXISTS (SELECT 1 FROM attempts AS a
        WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts AND a.late_outcome = 'succeeded'))
FROM tasks INDEXED BY tasks_inbox
WHERE finished_at IS NOT NULL AND reviewed_at IS NULL AND finished_at > :since GROUP BY queue_id ORDER BY queue_id
"""
REVIEW = f"""
UPDATE tasks SET reviewed_at = :now WHERE id = :id AND finished_at IS NOT NULL AND reviewed_at IS NULL
RETURNING {TASK_COLUMNS}
"""


def unreviewed(sq: SparkQ, *, queue: str | None = None, limit: int = 50, cursor: str | None = None) -> Inbox:
    """Finished tasks that nobody has reviewed, the oldest outcome first, at most `limit` (1 to 1,000).

    Raises NoSuchQueue, InvalidValue.
    """
    checked_limit(limit)
    finished, after = moment_and_id(cursor) if cursor is not None else (-1, -1)
    sweep(sq)
    with sq.db.read() as tx:
        of = queues.get(tx, queue).id if queue is not None else None
        rows = tx.rows(UNREVIEWED, {"finished": finished, "after": after, "queue": of, "limit": limit + 1})
        total = _waiting(tx, of)
    found = tuple(Finished(Task(*row[:-3]), row[-3], bool(row[-2]), row[-1]) for row in rows[:limit])
    more = f"{found[-1].task.finished_at}.{found[-1].task.id}" if len(rows) > limit else None
    return Inbox(found, total, more)


def waiting(sq: SparkQ) -> int:
    """How many finished tasks nobody has reviewed, those of archived queues too."""
    return _waiting(sq.db, None)


def _waiting(db: Reader, queue_id: int | None) -> int:
    row = db.row(WAITING, {"queue": queue_id})
    return int(row[0]) if row else 0


def newest(sq: SparkQ, *, queue: str | None = None, limit: int = 10) -> tuple[Finished, ...]:
    """The unreviewed tasks that finished last, the latest first. Raises NoSuchQueue."""
    with sq.db.read() as tx:
        of = queues.get(tx, queue).id if queue is not None else None
        rows = tx.rows(NEWEST, {"queue": of, "limit": limit})
    return tuple(Finished(Task(*row[:-3]), row[-3], bool(row[-2]), row[-1]) for row in rows)


def since_last_look(sq: SparkQ) -> tuple[int | None, tuple[Since, ...]]:
    """When the person last looked (UTC ms), and what ended since, by queue, of what is still unreviewed."""
    sweep(sq)
    with sq.db.read() as tx:
        looked = tx.row(LOOKED)
        moment = looked[0] if looked else None
        rows = tx.rows(SINCE, {"since": moment or 0})
    return moment, tuple(Since(*row) for row in rows)


def look(sq: SparkQ) -> None:
    """The person looks now: "since you left" counts from here."""
    with sq.db.write() as tx:
        tx.run(LOOK, {"now": sq.clock.now()})


def review(sq: SparkQ, task_id: int) -> Task:
    """The person has seen the outcome and leaves it so. Harmless when it was reviewed before.

    Raises NoSuchTask, WrongState for a task that has not finished.
    """
    return review_all(sq, [task_id])[0]


def review_all(sq: SparkQ, ids: Sequence[int]) -> tuple[Task, ...]:
    """As `review` for each of `ids`: all of them or, when one is refused, none."""
    now = sq.clock.now()
    with sq.db.write() as tx:
        return tuple(_reviewed(tx, one, now) for one in ids)


def _reviewed(tx: Transaction, task_id: int, now: int) -> Task:
    row = tx.row(REVIEW, {"id": storable(task_id), "now": now})
    if row is None:
        task = find(tx, task_id)
        if task.status not in MARKS["review"]:
            raise WrongState(f"#{task.id} has not finished: it is {task.status}.", hint(task))
        return task
    note(tx, now, "reviewed", task=task_id, queue=row[1])
    return Task(*row)


def accept_all(sq: SparkQ, seen: Sequence[Seen]) -> tuple[Task, ...]:
    """The person takes what they saw: the late result where one was shown, as the task's outcome, else the outcome as it is.

    Reviewed either way, and harmless when it was before. All of them or, when some are refused, none; the refusal names
    these. Raises NoSuchTask, WrongState for a task that has not finished, Unseen for one that was done anew meanwhile, or
    whose late result was not shown.
    """
    now = sq.clock.now()
    done: list[Task] = []
    refused: dict[int, SparkQError] = {}
    with sq.db.write() as tx:
        for one in seen:
            try:
                done.append(_accepted(tx, one, now))
            except (NoSuchTask, WrongState, Unseen) as error:
                refused[one.id] = error
        if refused:
            raise _none_of(len(seen), refused)
    return tuple(done)


def _accepted(tx: Transaction, seen: Seen, now: int) -> Task:
    task = find(tx, seen.id)
    if task.status not in MARKS["review"]:
        return _reviewed(tx, task.id, now)
    if task.attempts != seen.attempt:
        raise Unseen(
            f"#{task.id} was done anew meanwhile: attempt {task.attempts} ended {task.status}, and what you saw was of "
            f"attempt {seen.attempt}.",
            "Look again.",
        )
    if not late_results.waits(tx, task):
        return _reviewed(tx, task.id, now)
    if not seen.late:
        raise Unseen(
            f"A late result of #{task.id} waits that you were not shown.", "Look again: the task and the inbox show it."
        )
    return late_results.accept_within(tx, task, now)


def _none_of(asked: int, refused: dict[int, SparkQError]) -> SparkQError:
    """The first refusal, and whom else it is about."""
    first = next(iter(refused.values()))
    if asked == 1:
        return first
    more = f" and {len(refused) - MAX_NAMED:,} more" if len(refused) > MAX_NAMED else ""
    names = ", ".join(f"#{one}" for one in list(refused)[:MAX_NAMED])
    return type(first)(
        f"None of the {asked:,} tasks is accepted, because of {names}{more}. {first.message}",
        f"Look again, or leave out {names}{more} and accept the others.",
    )
