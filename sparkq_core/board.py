"""The board: what waits in each queue, what runs, what is to be reviewed, and what you have reviewed today.

Its cost does not grow with the stored tasks: counts come from the counters, lists from the ends of indexes.
"""

from typing import NamedTuple

from sparkq_core import inbox, queues
from sparkq_core.clock import midnight
from sparkq_core.errors import InvalidValue
from sparkq_core.inbox import INBOX_COLUMNS
from sparkq_core.model import TASK_COLUMNS, AtWork, Finished, Line, Questions, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from sparkq_core.queues.assignments import Progress
from sparkq_core.stale import sweep_for_reader
from sparkq_core.tasks import open_questions

MAX_NOTE = 400
"""Characters of the note of a running task."""

MAX_HEADS = 20
MAX_SHOWN = 200

HEADS = f"""
SELECT {TASK_COLUMNS} FROM tasks WHERE queue_id = :queue AND status = 'queued' ORDER BY position LIMIT :limit
"""
_NOTE = """FROM events AS e WHERE e.task_id = tasks.id AND e.kind = 'progress' AND e.attempt = tasks.attempts
    AND e.text <> '' ORDER BY e.id DESC LIMIT 1"""
AT_WORK = f"""
SELECT {TASK_COLUMNS}, (SELECT substr(e.text, 1, {MAX_NOTE}) {_NOTE}), (SELECT e.at {_NOTE}),
    (SELECT a.chat_id FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts),
    (SELECT a.client FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts)
FROM tasks INDEXED BY tasks_due WHERE status = 'running' ORDER BY claimed_at, id LIMIT :limit
"""
REVIEWED_SINCE = f"""
SELECT {INBOX_COLUMNS} FROM tasks INDEXED BY tasks_by_review
WHERE reviewed_at IS NOT NULL AND reviewed_at >= :since ORDER BY reviewed_at DESC LIMIT :limit
"""
COUNT_REVIEWED = """
SELECT count(*) FROM tasks INDEXED BY tasks_by_review WHERE reviewed_at IS NOT NULL AND reviewed_at >= :since
"""


class Board(NamedTuple):
    """The columns of the board; the totals count what a column does not show too. `today` is the midnight (UTC ms) since
    which `done` was reviewed. `assigned` are the chats that work queues until they are empty."""

    lines: tuple[Line, ...]
    running: tuple[AtWork, ...]
    running_total: int
    review: tuple[Finished, ...]
    review_total: int
    questions: Questions
    done: tuple[Finished, ...]
    done_total: int
    today: int
    assigned: tuple[Progress, ...]


def heads(sq: SparkQ, limit: int = 3) -> tuple[Line, ...]:
    """Return every queue that is not archived with its counts and its first `limit` (0 to 20) tasks.

    Raises InvalidValue.
    """
    if not 0 <= limit <= MAX_HEADS:
        raise InvalidValue(f"{limit} tasks of each queue are not possible.", f"Ask for 0 to {MAX_HEADS}.")
    listed = queues.all_of(sq)
    with sq.db.read() as tx:
        return tuple(
            Line(queue, counts, tuple(
                Task(*row) for row in tx.rows(HEADS, {"queue": queue.id, "limit": limit}) if counts.queued
            ))
            for queue, counts in listed
        )  # fmt: skip


def board(sq: SparkQ, *, limit: int = 50, each: int = 3) -> Board:
    """Return the board, with at most `limit` (1 to 200) tasks in a column and `each` (0 to 20) of a queue.

    Raises InvalidValue.
    """
    if not 1 <= limit <= MAX_SHOWN:
        raise InvalidValue(f"A column of {limit} tasks is not possible.", f"Ask for 1 to {MAX_SHOWN}.")
    lines = heads(sq, each)
    today = midnight(sq.clock.now())
    with sq.db.read() as tx:
        running = tuple(_at_work(row) for row in tx.rows(AT_WORK, {"limit": limit}))
        done = tuple(inbox.finished(row) for row in tx.rows(REVIEWED_SINCE, {"since": today, "limit": limit}))
        count = tx.row(COUNT_REVIEWED, {"since": today})
    return Board(
        lines,
        running,
        sum(counts.running for _, counts in queues.all_of(sq, archived=True)),
        inbox.newest(sq, limit=limit),
        inbox.waiting(sq),
        open_questions(sq, limit=limit),
        done,
        int(count[0]) if count else 0,
        today,
        assignments.open_ones(sq),
    )


def running(sq: SparkQ, limit: int = MAX_SHOWN) -> tuple[AtWork, ...]:
    """Return at most `limit` running tasks, the longest first, each with its last note and its chat."""
    sweep_for_reader(sq)
    return tuple(_at_work(row) for row in sq.db.rows(AT_WORK, {"limit": limit}))


def _at_work(row: tuple[object, ...]) -> AtWork:
    task, rest = row[: len(Task._fields)], row[len(Task._fields) :]
    return AtWork(Task(*task), *rest)  # type: ignore[arg-type]  # columns have the types of their tables
