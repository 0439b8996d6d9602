"""What the chats worked on: the chat behind a task, the latest one of a queue, and the attempts of each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sparkq_core import chats, queues
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.model import CHAT_COLUMNS, Chat
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import checked_limit
from sparkq_core.tasks.refusals import find
from sparkq_core.text import counted

MOST_CHATS = 1000
"""Among how many of the newest chats those of one queue are looked for."""

_LINE = f"""
SELECT {CHAT_COLUMNS}, (SELECT count(*) FROM attempts AS a WHERE a.chat_id = chats.id) AS total,
    (SELECT count(*) FROM attempts AS a WHERE a.chat_id = chats.id AND a.outcome IS NULL) AS running,
    (SELECT a.task_id FROM attempts AS a WHERE a.chat_id = chats.id ORDER BY a.claimed_at DESC, a.task_id DESC LIMIT 1)
FROM chats
"""
ONE = f"{_LINE} WHERE id = :chat"
NEWEST = f"{_LINE} ORDER BY last_at DESC, id DESC LIMIT :limit"
IN_QUEUE = """
SELECT c.id, (SELECT max(a.claimed_at) FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id
    WHERE a.chat_id = c.id AND t.queue_id = :queue) AS claimed_at
FROM (SELECT id FROM chats ORDER BY last_at DESC, id DESC LIMIT :most) AS c WHERE claimed_at IS NOT NULL
ORDER BY claimed_at DESC, c.id DESC LIMIT :limit
"""
WORK = """
SELECT a.task_id, a.attempt, q.name, t.title, a.outcome, a.error_type, a.claimed_at, a.finished_at
FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id JOIN queues AS q ON q.id = t.queue_id
WHERE a.chat_id = :chat ORDER BY a.claimed_at DESC, a.task_id DESC LIMIT :limit
"""


class NoChat(SparkQError):
    """No chat is known: the task was not worked by one, or the queue had none."""

    kind, code = Kind.NOT_FOUND, "no_chat"


class Line(NamedTuple):
    """A chat with the number of its attempts and of those that run, and the last task that it claimed."""

    chat: Chat
    total: int
    running: int
    last_task: int | None


class Work(NamedTuple):
    """An attempt of a chat; without an outcome it runs."""

    task_id: int
    attempt: int
    queue: str
    title: str
    outcome: str | None
    error_type: str | None
    claimed_at: int
    finished_at: int | None


def of_task(sq: SparkQ, task_id: int, attempt: int | None = None) -> Line:
    """Return the chat that worked on a task: on this attempt, by default on the one whose outcome counts.

    Raises NoSuchTask, NoChat.
    """
    with sq.db.read() as tx:
        task = find(tx, task_id)
        if attempt is not None and not 1 <= attempt <= task.attempts:
            known = f"It has {counted(task.attempts, 'attempt')}." if task.attempts else "It was not claimed yet."
            raise NoChat(f"#{task_id} has no attempt {attempt}.", known)
        chat = chats.of_task(tx, task_id, attempt)
        if chat is not None:
            return _line(tx, chat.id)
    if task.attempts == 0:
        raise NoChat(f"#{task_id} was not claimed yet, so no chat worked on it.", f"See it: sparkq task {task_id}")
    raise NoChat(
        f"#{task_id} was not worked by a chat over MCP, but by {task.worker or 'the command line'}.",
        f"See it: sparkq task {task_id}",
    )


def newest(sq: SparkQ, queue: str | None = None, *, limit: int = 20) -> tuple[Line, ...]:
    """Return the chats that claimed last, the latest first; with `queue`, those that claimed in it.

    Raises NoSuchQueue, InvalidValue.
    """
    checked_limit(limit)
    with sq.db.read() as tx:
        if queue is None:
            return tuple(_as_line(row) for row in tx.rows(NEWEST, {"limit": limit}))
        values = {"queue": queues.get(tx, queue).id, "most": MOST_CHATS, "limit": limit}
        return tuple(_line(tx, int(row[0])) for row in tx.rows(IN_QUEUE, values))


def latest(sq: SparkQ, queue: str) -> Line:
    """Return the chat that claimed last in a queue. Raises NoSuchQueue, NoChat."""
    lines = newest(sq, queue, limit=1)
    if not lines:
        raise NoChat(f"No chat has worked on {queue} yet, or its tasks were purged.", "All chats: sparkq chat")
    return lines[0]


def work(sq: SparkQ, chat_id: int, *, limit: int = 50) -> tuple[Work, ...]:
    """Return the attempts of a chat, the newest first."""
    checked_limit(limit)
    return tuple(Work(*row) for row in sq.db.rows(WORK, {"chat": chat_id, "limit": limit}))


def _line(db: Reader, chat_id: int) -> Line:
    (row,) = db.rows(ONE, {"chat": chat_id})
    return _as_line(row)


def _as_line(row: Sequence[Any]) -> Line:
    *columns, total, running, last_task = row
    return Line(Chat(*columns), total, running, last_task)
