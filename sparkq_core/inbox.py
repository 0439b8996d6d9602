"""The inbox: finished tasks that you have not reviewed yet, and unclaimed ones about which a worker said more."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sparkq_core import queues, verdicts
from sparkq_core.errors import NoSuchTask, SparkQError, Unseen, WrongState
from sparkq_core.lifecycle import FINISHED_STATUSES, MARKS, ErrorType, verbs_from
from sparkq_core.model import TASK_COLUMNS, Finished, Inbox, Seen, Since, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from sparkq_core.stale import sweep_for_reader
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import checked_limit, moment_and_id
from sparkq_core.tasks import late_results
from sparkq_core.tasks.refusals import find, hint
from sparkq_core.verdicts import Giver, Verdict

Decided = tuple[Task, Verdict | None]
"""A task after your decision, and the verdict; None if it was decided before."""

MAX_NAMED = 10
"""How many tasks the refusal of several names."""

SUMMARY = 400
"""How many characters of an outcome the inbox shows: the first of a result, but the last of an error, which say most."""

INBOX_COLUMNS = f"""{TASK_COLUMNS},
coalesce((
    SELECT CASE WHEN a.attempt = accepted_attempt THEN substr(a.late_text, 1, {SUMMARY})
        WHEN a.outcome = 'failed' THEN substr(a.error, -{SUMMARY}) ELSE substr(a.result, 1, {SUMMARY}) END
    FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = coalesce(accepted_attempt, attempts)
    AND tasks.finished_at IS NOT NULL AND tasks.status <> 'cancelled'
), ''),
CASE WHEN late_at IS NOT NULL THEN (
    SELECT substr(e.text, iif(late_outcome = 'failed', -{SUMMARY}, 1), {SUMMARY}) FROM events AS e
    WHERE e.task_id = tasks.id AND e.kind = 'late' ORDER BY e.id DESC LIMIT 1
) END,
(SELECT a.git_after FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = coalesce(accepted_attempt, attempts)),
(SELECT a.usage FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = coalesce(accepted_attempt, attempts)),
{checks.OF_OUTCOME}"""

UNREVIEWED = f"""
SELECT {INBOX_COLUMNS} FROM tasks INDEXED BY tasks_inbox
WHERE news_at IS NOT NULL AND reviewed_at IS NULL AND (news_at, id) > (:newest, :after)
AND (:queue IS NULL OR queue_id = :queue)
ORDER BY news_at, id LIMIT :limit
"""
NEWEST = f"""
SELECT {INBOX_COLUMNS} FROM tasks INDEXED BY tasks_inbox WHERE news_at IS NOT NULL AND reviewed_at IS NULL
AND (:queue IS NULL OR queue_id = :queue) ORDER BY news_at DESC, id DESC LIMIT :limit
"""
WAITING = f"""
SELECT coalesce(sum({" + ".join(f"unreviewed_{status}" for status in FINISHED_STATUSES)}), 0) FROM queues
WHERE :queue IS NULL OR id = :queue
"""
UNCLAIMED_LATE = """
SELECT count(*) FROM tasks INDEXED BY tasks_unclaimed_late
WHERE status IN ('queued', 'held') AND late_at IS NOT NULL AND (:queue IS NULL OR queue_id = :queue)
"""
LOOKED = "SELECT looked_at FROM project"
LOOK = "UPDATE project SET looked_at = :now"
SINCE = f"""
SELECT (SELECT name FROM queues AS q WHERE q.id = queue_id),
    count(*) FILTER (WHERE finished_at > :since AND status = 'succeeded'),
    count(*) FILTER (WHERE finished_at > :since AND status = 'failed' AND error_type IS NOT '{ErrorType.TIMEOUT}'),
    count(*) FILTER (WHERE finished_at > :since AND error_type IS '{ErrorType.TIMEOUT}'),
    count(*) FILTER (WHERE late_at > :since)
FROM tasks INDEXED BY tasks_inbox
WHERE news_at IS NOT NULL AND reviewed_at IS NULL AND news_at > :since
GROUP BY queue_id ORDER BY queue_id
"""
SINCE_EVER = f"""
SELECT name, unreviewed_succeeded, unreviewed_failed - timeouts, timeouts, late FROM (
    SELECT id, name, unreviewed_succeeded, unreviewed_failed, unreviewed_cancelled, (
        SELECT count(*) FROM tasks AS t INDEXED BY tasks_timeouts
        WHERE t.queue_id = queues.id AND t.error_type = '{ErrorType.TIMEOUT}' AND t.status = 'failed' AND t.reviewed_at IS NULL
    ) AS timeouts, (
        SELECT count(*) FROM tasks AS t INDEXED BY tasks_late
        WHERE t.queue_id = queues.id AND t.late_at IS NOT NULL AND t.reviewed_at IS NULL AND t.status <> 'running'
    ) AS late FROM queues
) WHERE unreviewed_succeeded + unreviewed_failed + unreviewed_cancelled + late > 0 ORDER BY id
"""
"""The same as SINCE before the first look, from the counters: the inbox may be long by then."""

REVIEW = f"""
UPDATE tasks SET reviewed_at = :now WHERE id = :id AND finished_at IS NOT NULL AND reviewed_at IS NULL
RETURNING {TASK_COLUMNS}
"""
SEEN = f"""
UPDATE tasks SET late_at = NULL, late_attempt = NULL, late_outcome = NULL
WHERE id = :id AND status IN ('queued', 'held') AND late_at IS NOT NULL RETURNING {TASK_COLUMNS}
"""


def unreviewed(sq: SparkQ, *, queue: str | None = None, limit: int = 50, cursor: str | None = None) -> Inbox:
    """Return at most `limit` (1 to 1,000) unreviewed tasks, the oldest outcome or late text first.

    Raises NoSuchQueue, InvalidValue.
    """
    checked_limit(limit)
    newest, after = moment_and_id(cursor) if cursor is not None else (-1, -1)
    sweep_for_reader(sq)
    with sq.db.read() as tx:
        queue_id = queues.get(tx, queue).id if queue is not None else None
        total = _waiting(tx, queue_id)
        most = min(limit + 1, total)  # the walk ends at the last task of a queue that has few
        rows = tx.rows(UNREVIEWED, {"newest": newest, "after": after, "queue": queue_id, "limit": most})
    tasks = tuple(finished(row) for row in rows[:limit])
    more = tasks[-1].cursor if len(rows) > limit else None
    return Inbox(tasks, total, more)


def finished(row: tuple[Any, ...]) -> Finished:
    """Return the line of a row of INBOX_COLUMNS."""
    task, rest = row[: len(Task._fields)], row[len(Task._fields) :]
    return Finished(Task(*task), *rest)


def waiting(sq: SparkQ) -> int:
    """Return how many tasks the inbox has, including those of archived queues."""
    return _waiting(sq.db, None)


def _waiting(db: Reader, queue_id: int | None) -> int:
    rows = (db.row(sql, {"queue": queue_id}) for sql in (WAITING, UNCLAIMED_LATE))
    return sum(int(row[0]) for row in rows if row)


def newest(sq: SparkQ, *, queue: str | None = None, limit: int = 10) -> tuple[Finished, ...]:
    """Return the unreviewed tasks with the latest outcomes and late texts, the latest first. Raises NoSuchQueue."""
    with sq.db.read() as tx:
        queue_id = queues.get(tx, queue).id if queue is not None else None
        rows = tx.rows(NEWEST, {"queue": queue_id, "limit": min(limit, _waiting(tx, queue_id))})
    return tuple(finished(row) for row in rows)


def latest(sq: SparkQ, *, queue: str | None = None, limit: int = 50) -> Inbox:
    """Return at most `limit` (1 to 1,000) unreviewed tasks, the latest news first. Raises NoSuchQueue, InvalidValue."""
    checked_limit(limit)
    sweep_for_reader(sq)
    tasks = newest(sq, queue=queue, limit=limit)
    with sq.db.read() as tx:
        return Inbox(tasks, _waiting(tx, queues.get(tx, queue).id if queue is not None else None), None)


def since_last_look(sq: SparkQ) -> tuple[int | None, tuple[Since, ...]]:
    """Return when you last looked (UTC ms), and by queue how many tasks ended or got a late text since.

    Reviewed tasks are not counted.
    """
    sweep_for_reader(sq)
    with sq.db.read() as tx:
        looked = tx.row(LOOKED)
        moment = looked[0] if looked else None
        rows = tx.rows(SINCE_EVER) if moment is None else tx.rows(SINCE, {"since": moment})
    return moment, tuple(Since(*row) for row in rows)


def look(sq: SparkQ) -> None:
    """Record that you look at the inbox now: "since your last look" counts from here."""
    with sq.db.write() as tx:
        tx.run(LOOK, {"now": sq.clock.now()})


def review(sq: SparkQ, task_id: int, *, giver: Giver | None = None) -> Task:
    """Mark a finished task as reviewed and leave its outcome as it is. Harmless if it was reviewed before.

    A queued or held task with a late text stays so, and leaves the inbox. `giver` is by what door you said so.
    Raises NoSuchTask, WrongState for any other task that has not finished.
    """
    return review_all(sq, [task_id], giver=giver)[0]


def review_all(sq: SparkQ, ids: Sequence[int], *, giver: Giver | None = None) -> tuple[Task, ...]:
    """Review all tasks of `ids` or, if one is refused, none. Raises the errors of `review`."""
    now = sq.clock.now()
    with sq.db.write() as tx:
        decided = [_review(tx, find(tx, task_id), now, giver) for task_id in ids]
        return _kept(sq, tx, decided)


def _review(tx: Transaction, task: Task, now: int, giver: Giver | None) -> Decided:
    row = tx.row(REVIEW, {"id": task.id, "now": now}) or tx.row(SEEN, {"id": task.id})
    if row is not None:
        return Task(*row), verdicts.log(tx, now, "reviewed", task, giver)
    if task.status not in MARKS["review"]:
        raise WrongState(f"#{task.id} has not finished: it is {task.status}.", hint(task), verbs_from(task.status))
    return task, None


def _kept(sq: SparkQ, tx: Transaction, decided: Sequence[Decided]) -> tuple[Task, ...]:
    """Keep the verdicts of one call, to undo them together, and return the tasks."""
    verdicts.keep(sq, tx, [verdict for _, verdict in decided if verdict is not None])
    return tuple(task for task, _ in decided)


def accept_all(sq: SparkQ, seen: Sequence[Seen], *, giver: Giver | None = None) -> tuple[Task, ...]:
    """Accept the outcomes that you saw: a late result that was shown becomes the outcome, any other outcome stays.

    The tasks are then reviewed; harmless if they were before. If some are refused, none is accepted, and the error
    names those. Raises NoSuchTask, WrongState for a task that has not finished and has no late text, Unseen for a task
    that has had another attempt meanwhile, or whose newest late text was not shown.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        return _all_or_none(sq, tx, [(outcome.id, partial(_accept, tx, outcome, now, giver)) for outcome in seen])


def accept(sq: SparkQ, ids: Sequence[int], *, giver: Giver | None = None) -> tuple[Task, ...]:
    """Accept tasks as they are now, all or none: a late result that waits becomes the outcome, any other outcome stays.

    Raises NoSuchTask, WrongState for a task that has not finished and has no late result.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        return _all_or_none(sq, tx, [(task_id, partial(_accept_present, tx, task_id, now, giver)) for task_id in ids])


def _all_or_none(sq: SparkQ, tx: Transaction, wanted: Sequence[tuple[int, Callable[[], Decided]]]) -> tuple[Task, ...]:
    decided: list[Decided] = []
    refused: dict[int, SparkQError] = {}
    for task_id, decide in wanted:
        try:
            decided.append(decide())
        except (NoSuchTask, WrongState, Unseen) as error:
            refused[task_id] = error
    if refused:
        raise _none_accepted(len(wanted), refused)
    return _kept(sq, tx, decided)


def _accept_present(tx: Transaction, task_id: int, now: int, giver: Giver | None) -> Decided:
    task = find(tx, task_id)
    if task.status in MARKS["review"] and not late_results.keeps_result(tx, task):
        return _review(tx, task, now, giver)
    return late_results.accept_late(tx, task, None, now, giver)


def _accept(tx: Transaction, seen: Seen, now: int, giver: Giver | None) -> Decided:
    task = find(tx, seen.id)
    if task.news_at is None:
        return _review(tx, task, now, giver)
    late_results.check_seen(tx, task, seen)
    offered = late_results.offered(tx, task)
    if offered is None:
        return _review(tx, task, now, giver)
    return late_results.accept_within(tx, task, offered, now, giver)


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
