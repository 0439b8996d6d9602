"""Chats: the conversations that claim tasks.

A chat is neither a process nor a connection. A client may keep one server process for several chats, and a chat that is
resumed has a new process. So the store knows which chat holds what, by the client's own id of the conversation (its
session) where the client tells it, else by the connection.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sparkq_core.chats import presence
from sparkq_core.chats.presence import close as close
from sparkq_core.model import CHAT_COLUMNS, Chat
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Row, Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.text import safe

BY_SESSION = "SELECT id, gone_at FROM chats WHERE client = :client AND session = :session"
INSERT = """
INSERT INTO chats (client, version, session, cwd, model, first_at, last_at, server)
VALUES (:client, :version, :session, :cwd, :model, :now, :now, :server) RETURNING id
"""
OF_TASK = f"""
SELECT {CHAT_COLUMNS} FROM chats WHERE id = (
    SELECT a.chat_id FROM tasks AS t JOIN attempts AS a ON a.task_id = t.id
        AND a.attempt = coalesce(:attempt, t.accepted_attempt, t.attempts)
    WHERE t.id = :task)
"""
UPDATE = """
UPDATE chats SET version = coalesce(:version, version), cwd = coalesce(:cwd, cwd), model = coalesce(:model, model),
    last_at = :now, gone_at = NULL, gone_why = NULL, server = :server
WHERE id = :id
"""
BY_ID = "SELECT id, gone_at FROM chats WHERE id = :id"
IS_GONE = "SELECT 1 FROM chats WHERE id = :id AND (gone_at IS NOT NULL OR server IS NOT :server)"
FORGET = """
DELETE FROM chats WHERE last_at < :before AND NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.chat_id = chats.id)
AND NOT EXISTS (SELECT 1 FROM assignments AS s WHERE s.chat_id = chats.id AND s.ended_at IS NULL)
AND id < (SELECT max(newest.id) FROM chats AS newest)
"""
"""The newest one stays, so that no id is given twice: a process may remember the id of its chat for weeks."""

OPEN = """
SELECT a.task_id, a.attempt, t.title, a.claimed_at FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id
WHERE a.chat_id = :chat AND a.outcome IS NULL AND a.task_id <> :besides ORDER BY a.task_id LIMIT :limit
"""
MOVE = """
UPDATE attempts SET chat_id = :chat, worker = :worker,
    (client, client_version, model) = (SELECT c.client, c.version, c.model FROM chats AS c WHERE c.id = :chat)
WHERE task_id = :task AND attempt = :attempt AND chat_id IS NOT NULL AND chat_id <> :chat RETURNING attempt
"""
MOVE_TASK = "UPDATE tasks SET worker = :worker WHERE id = :task AND attempts = :attempt AND status = 'running'"
HELD = "SELECT attempt FROM attempts WHERE task_id = :task AND chat_id = :chat AND outcome IS NULL"
GIVEN = """
SELECT attempt FROM attempts WHERE task_id = :task AND chat_id = :chat ORDER BY attempt
"""
MAX_WORD = 200
SESSION_CHARACTERS = 4
"""How many characters of its session are in the name of a chat's worker."""

MAX_PATH = 4096


class Caller(NamedTuple):
    """What a client tells about the chat that calls. `session` is the client's own id of the conversation.

    `id` is that of the chat in the store once it is known, and `server` the sign of the process that serves it
    (`presence`). A caller without an id and without a session is a new chat:
    remember its id as long as the connection lasts.
    """

    client: str
    version: str | None = None
    session: str | None = None
    cwd: str | None = None
    model: str | None = None
    id: int | None = None
    server: str | None = None


class OpenClaim(NamedTuple):
    """A running attempt of a chat; `claimed_at` in UTC ms."""

    task_id: int
    attempt: int
    title: str
    claimed_at: int


def enter(tx: Transaction, caller: Caller, now: int) -> int:
    """Return the id of the chat that claims at `now`, a new one if it is not known yet, or was forgotten."""
    values = {
        "client": _word(caller.client) or "chat",
        "version": _word(caller.version),
        "session": _word(caller.session),
        "cwd": safe(caller.cwd)[:MAX_PATH] if caller.cwd else None,
        "model": _word(caller.model),
        "now": now,
        "server": caller.server,
    }
    known = tx.row(BY_ID, {"id": caller.id}) if caller.id is not None else None
    if known is None and values["session"]:
        known = tx.row(BY_SESSION, values)
    if known is None:
        return int(tx.rows(INSERT, values)[0][0])
    tx.run(UPDATE, values | {"id": known[0]})
    return _opened(tx, known, now)


def _opened(tx: Transaction, known: Row, now: int) -> int:
    """Return the id of a chat that was known, after logging that it is there again if it had gone."""
    chat_id, gone_at = int(known[0]), known[1]
    if gone_at is not None:
        presence.note_on_tasks(tx, chat_id, presence.OPENED, now)
    return chat_id


def come_back(sq: SparkQ, caller: Caller) -> None:
    """Record that a chat that had gone calls again, or that another process serves it now."""
    known = {"id": caller.id, "server": caller.server}
    if caller.id is None or sq.db.row(IS_GONE, known) is None:
        return
    with sq.db.write() as tx:
        enter(tx, caller, sq.clock.now())


def correct(sq: SparkQ, caller: Caller, worker: str, attempts: Sequence[tuple[int, int]]) -> int:
    """Record that these attempts, each a task with its number, are those of the chat `caller` and its `worker`.

    Call it when a better source tells whose they are: they were claimed as another chat's, of which the client's
    process tells the session. Attempts that no chat claimed stay as they are. Returns the id of the chat.
    """
    with sq.db.write() as tx:
        chat = enter(tx, caller, sq.clock.now())
        for task, attempt in attempts:
            moved = {"chat": chat, "worker": worker, "task": task, "attempt": attempt}
            if tx.row(MOVE, moved) is not None:
                tx.run(MOVE_TASK, {"worker": worker, "task": task, "attempt": attempt})
    return chat


def worker_name(client: str, session: str) -> str:
    """Return the name of a chat's worker, like `claude-code-8d2a`: its client and the end of its session, since an id may
    begin with the time (Codex)."""
    word = re.sub(r"[^A-Za-z0-9._]+", "-", session).strip("-").lower()
    return f"{client}-{word[-SESSION_CHARACTERS:] or 'chat'}"


def find(db: Reader, caller: Caller) -> int | None:
    """Return the id of the chat with the session of the caller, None if it has not claimed yet."""
    row = db.row(BY_SESSION, {"client": _word(caller.client), "session": _word(caller.session)})
    return int(row[0]) if row else None


def of_task(db: Reader, task_id: int, attempt: int | None = None) -> Chat | None:
    """Return the chat of an attempt, by default of the one whose outcome counts; None if its worker was not a chat."""
    row = db.row(OF_TASK, {"task": task_id, "attempt": attempt})
    return Chat(*row) if row else None


def forget(sq: SparkQ, before: int) -> None:
    """Delete the chats that were last seen before `before` (UTC ms) and of which no attempt is left. One that you have asked
    to work a queue stays."""
    with sq.db.write() as tx:
        tx.run(FORGET, {"before": before})


def open_claims(db: Reader, chat_id: int, *, besides: int = 0, limit: int = 20) -> tuple[OpenClaim, ...]:
    """Return the running attempts of a chat, except that of the task `besides`, by task."""
    rows = db.rows(OPEN, {"chat": chat_id, "besides": besides, "limit": limit})
    return tuple(OpenClaim(*row) for row in rows)


def given(db: Reader, chat_id: int, task_id: int) -> list[int]:
    """Return the attempts of a task that were handed to the chat."""
    return [int(row[0]) for row in db.rows(GIVEN, {"task": task_id, "chat": chat_id})]


def held(db: Reader, chat_id: int, task_id: int) -> int | None:
    """Return the running attempt of the task, if the chat holds it."""
    row = db.row(HELD, {"task": storable(task_id), "chat": chat_id})
    return int(row[0]) if row else None


def _word(value: str | None) -> str | None:
    """Return a word that a client sent as one that can be stored and shown, None for an empty one."""
    return safe(value)[:MAX_WORD] if value else None
