"""List finished tasks, the latest outcome or late text first: an old task that was requeued may be the last to finish.

There is one index of the unreviewed tasks and one of the reviewed, both in the order in which the outcomes and late
texts came. The list is merged from the two while it is read.
"""

from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import FINISHED_STATUSES
from sparkq_core.model import TASK_COLUMNS, Task, TaskPage
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep_for_reader
from sparkq_core.storage.numbers import MAX_ID, checked_limit, moment_and_id
from sparkq_core.storage.parameters import Values
from sparkq_core.tasks.lanes import THIN
from sparkq_core.tasks.listing import Wanted, checked_status, filter_values, total_of

_BEFORE = f"""finished_at IS NOT NULL AND (news_at, id) < (:newest, :before)
AND (:queue IS NULL OR queue_id = :queue) AND (:status IS NULL OR instr(:status, status)) {THIN}"""

LATEST = f"""
SELECT {TASK_COLUMNS}, news_at FROM tasks INDEXED BY tasks_inbox
WHERE :reviewed IS NOT TRUE AND news_at IS NOT NULL AND reviewed_at IS NULL AND {_BEFORE}
UNION ALL
SELECT {TASK_COLUMNS}, news_at FROM tasks INDEXED BY tasks_reviewed
WHERE :reviewed IS NOT FALSE AND reviewed_at IS NOT NULL AND {_BEFORE}
ORDER BY news_at DESC, id DESC LIMIT :limit
"""


def latest(sq: SparkQ, wanted: Wanted | None = None, *, limit: int = 50, cursor: str | None = None) -> TaskPage:
    """Return at most `limit` (1 to 1,000) finished tasks, the latest outcome first, and the cursor of the next page.

    Raises NoSuchQueue, NoSuchSession, and InvalidValue, also for a status that is not an outcome.
    """
    wanted = wanted or Wanted()
    checked_limit(limit)
    checked_status(wanted)
    for status in wanted.statuses:
        if status not in FINISHED_STATUSES:
            raise InvalidValue(
                f"A task that is {status} has not finished.", f"It can be {', '.join(FINISHED_STATUSES)}."
            )
    newest, before = moment_and_id(cursor) if cursor is not None else (MAX_ID, MAX_ID)
    sweep_for_reader(sq)
    with sq.db.read() as tx:
        values: Values = filter_values(tx, wanted)
        total = total_of(tx, wanted, tuple(status for status in wanted.lanes if status in FINISHED_STATUSES), values)
        most = min(limit + 1, total)  # the walk through a queue with few outcomes then ends at its oldest
        rows = tx.rows(LATEST, {**values, "newest": newest, "before": before, "limit": most})
    tasks = tuple(Task(*columns) for *columns, _ in rows[:limit])
    more = f"{tasks[-1].news_at}.{tasks[-1].id}" if len(rows) > limit else None
    return TaskPage(tasks, total, more)
