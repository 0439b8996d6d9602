"""Usage limits: a chat that reached the limit of its client keeps its claims until the limit is over.

Its tasks stay running, and their stale clock is stopped. Any call of the chat ends that. If the limit is over without
a word of it, the next sweep releases them: see `stale`.
"""

from sparkq_core import times
from sparkq_core.events import note
from sparkq_core.lifecycle import WARN_AFTER
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader

HOUR = 3_600_000
DEFAULT_MS = 6 * HOUR
"""How long a limit lasts of which the client does not tell the end."""

LONGEST_MS = 8 * 24 * HOUR
"""The longest limits are those of a week."""

_HELD_BY = """
id IN (SELECT a.task_id FROM attempts AS a WHERE a.chat_id = :chat AND a.outcome IS NULL) AND status = 'running'
"""
WAIT = f"""
UPDATE tasks SET limit_until = :until, due_at = :until, heartbeat_at = :now, stale_warned_at = NULL WHERE {_HELD_BY}
RETURNING {TASK_COLUMNS}
"""
WAITS = f"SELECT 1 FROM tasks WHERE {_HELD_BY} AND limit_until IS NOT NULL LIMIT 1"
GO_ON = f"""
UPDATE tasks SET limit_until = NULL, heartbeat_at = :now, stale_warned_at = NULL, due_at = :now + {WARN_AFTER} * timeout * 1000
WHERE {_HELD_BY} AND limit_until IS NOT NULL RETURNING {TASK_COLUMNS}
"""


def reached(sq: SparkQ, chat_id: int, until: int | None = None) -> tuple[Task, ...]:
    """Let the running tasks of a chat wait for the end of its client's usage limit, and return them.

    `until` (UTC ms) is when it is over, if the client tells it: at most 8 days from now. Otherwise it is 6 hours.
    """
    now = sq.clock.now()
    end = until if until is not None and now < until <= now + LONGEST_MS else now + DEFAULT_MS
    with sq.db.write() as tx:
        tasks = tuple(Task(*row) for row in tx.rows(WAIT, {"chat": chat_id, "now": now, "until": end}))
        for task in tasks:
            note(
                tx,
                now,
                "usage limit",
                task=task.id,
                queue=task.queue_id,
                attempt=task.attempts,
                worker=task.worker,
                text=f"until {times.dated(end)}",
            )
    return tasks


def waits(db: Reader, chat_id: int) -> bool:
    """True if a task of the chat waits for the end of a usage limit."""
    return db.row(WAITS, {"chat": chat_id}) is not None


def over(sq: SparkQ, chat_id: int) -> None:
    """Let the stale clock of a chat's tasks go on if they wait for the end of a usage limit: the chat has just called."""
    if not waits(sq.db, chat_id):
        return
    now = sq.clock.now()
    with sq.db.write() as tx:
        for row in tx.rows(GO_ON, {"chat": chat_id, "now": now}):
            task = Task(*row)
            note(tx, now, "usage limit over", task=task.id, queue=task.queue_id, attempt=task.attempts)
