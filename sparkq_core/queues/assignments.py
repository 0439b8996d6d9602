"""Assignments: a chat works a queue until it is empty, because you typed so in that chat.

Only that chat is held to it, and only while it goes on: an assignment ends when nothing is queued, at the number of
tasks or the hour that you gave, when nothing is handed out because a queue waits for you, after three tasks in a row
that were not done, after a reminder that led to nothing, and with the chat.
"""

from typing import Any, NamedTuple

from sparkq_core import chats, queues
from sparkq_core.chats import Caller
from sparkq_core.clock import time_of_day
from sparkq_core.events import note
from sparkq_core.lifecycle import RELEASED, QueueStatus
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.text import counted, safe

IN_A_ROW = 3
"""An assignment ends after this many tasks in a row that were failed or released. One that asks you counts as neither."""

_COLUMNS = """chat_id, a.queue_id, (SELECT q.name FROM queues AS q WHERE q.id = a.queue_id), a.most, a.until, a.fresh,
    a.process, a.turn, a.in_a_row, a.moves, c.client, c.gone_at
"""
GIVE = """
INSERT INTO assignments (chat_id, queue_id, most, until, fresh, process, turn, given_at)
VALUES (:chat, :queue, :most, :until, :fresh, :process, :turn, :now)
ON CONFLICT (chat_id) DO UPDATE SET queue_id = :queue, most = :most, until = :until, fresh = :fresh, process = :process,
    turn = :turn, given_at = :now, in_a_row = 0, reminded_at = NULL, moves = NULL, ended_at = NULL, ended_why = NULL
"""
NOTHING_BEGUN = "DELETE FROM begun WHERE chat_id = :chat"
OF_CHAT = f"""
SELECT {_COLUMNS} FROM assignments AS a JOIN chats AS c ON c.id = a.chat_id
WHERE a.chat_id = :chat AND a.ended_at IS NULL
"""
OPEN = f"""
SELECT {_COLUMNS} FROM assignments AS a INDEXED BY assignments_open JOIN chats AS c ON c.id = a.chat_id
WHERE a.ended_at IS NULL ORDER BY a.given_at
"""
END = "UPDATE assignments SET ended_at = :now, ended_why = :why WHERE chat_id = :chat AND ended_at IS NULL"
TURN = "UPDATE assignments SET turn = :turn WHERE chat_id = :chat AND ended_at IS NULL"
REMINDED = "UPDATE assignments SET reminded_at = :now, moves = 0 WHERE chat_id = :chat"
BEGUN = "SELECT count(*) FROM begun WHERE chat_id = :chat"
"""Triggers on the attempts keep these rows, and the counters of the assignment."""

GIVEN_BACK = f"""
SELECT t.id FROM assignments AS s JOIN attempts AS a ON a.chat_id = s.chat_id AND a.outcome = '{RELEASED}'
JOIN tasks AS t ON t.id = a.task_id AND t.attempts = a.attempt
WHERE s.chat_id = :chat AND t.status = 'queued' AND a.question IS NULL AND a.claimed_at >= s.given_at
    AND coalesce(s.queue_id, t.queue_id) = t.queue_id LIMIT 1
"""
QUEUED = "SELECT queued FROM queues WHERE id = :queue AND status <> 'archived'"
QUEUED_IN_ALL = "SELECT coalesce(sum(queued), 0) FROM queues WHERE queued > 0 AND status <> 'archived'"
HANDED_OUT = f"""
SELECT EXISTS (SELECT 1 FROM queues WHERE queued > 0 AND status <> 'archived' AND {gates.OPEN})
"""


class Order(NamedTuple):
    """What you typed: a queue, or None for every queue that has work; at most `most` tasks; until a time (UTC ms).

    `fresh` asks for a context of its own for each task.
    """

    queue: str | None = None
    most: int | None = None
    until: int | None = None
    fresh: bool = False


class Assignment(NamedTuple):
    """An open assignment of a chat, whose `client` works in the process `process`, if that is known.

    `turn` is the client's id of the prompt in whose turn the chat last worked for it.

    `in_a_row` counts the attempts that were not done since the last one that was, and `moves` what the chat has claimed and
    settled since it was last reminded, None before that. They are counted as they happen: what the chat did may be purged
    or deleted since, and a clock may be set.
    """

    chat_id: int
    queue_id: int | None
    queue: str | None
    most: int | None
    until: int | None
    fresh: bool
    process: str | None
    turn: str | None
    in_a_row: int
    moves: int | None
    client: str
    gone_at: int | None


class Progress(NamedTuple):
    """An assignment, how many of its tasks the chat has begun, and how many are left for it."""

    assignment: Assignment
    begun: int
    left: int

    @property
    def sentence(self) -> str:
        """What the chat does, as a person reads it: `claude-code works backend until it is empty, 3 left`."""
        return f"{safe(self.assignment.client)} works {self.goal}, {self.left} left"

    @property
    def goal(self) -> str:
        """What is worked, and until when."""
        return goal(Order(*self.assignment[2:6]))


def goal(order: Order) -> str:
    """Return what is asked for: `backend until it is empty`, `5 tasks of backend`, `backend until 07:00`."""
    queue = order.queue or "every queue"
    of = f"{counted(order.most, 'task')} of {queue}" if order.most is not None else queue
    if order.until is not None:
        return f"{of} until {time_of_day(order.until)}"
    if order.most is not None:
        return of
    return f"{of} until {'it is' if order.queue else 'all are'} empty"


def give(sq: SparkQ, caller: Caller, order: Order, process: str | None, turn: str | None = None) -> Progress:
    """Assign a chat to a queue, instead of what it was assigned to before. `turn` is the client's id of your prompt.

    Raises NoSuchQueue, QueueClosed for an archived queue: then nothing has changed.
    """
    with sq.db.write() as tx:
        now = sq.clock.now()
        queue = queues.get(tx, order.queue) if order.queue is not None else None
        if queue is not None and queue.status == QueueStatus.ARCHIVED:
            raise queues.closed(queue)
        chat = chats.enter(tx, caller, now)
        queue_id = queue.id if queue else None
        values = {"most": order.most, "until": order.until, "fresh": int(order.fresh), "process": process}
        values["turn"] = turn
        tx.run(NOTHING_BEGUN, {"chat": chat})
        tx.run(GIVE, values | {"chat": chat, "queue": queue_id, "now": now})
        note(tx, now, "assigned", queue=queue_id, text=f"{safe(caller.client)} works {goal(order)}")
        assignment = of_chat(tx, chat)
        assert assignment is not None
        return progress(tx, assignment)


def end(sq: SparkQ, chat_id: int, why: str) -> Assignment | None:
    """End the assignment of a chat; return what it was, None if there was none."""
    with sq.db.write() as tx:
        return end_within(tx, chat_id, why, sq.clock.now())


def end_within(tx: Transaction, chat_id: int, why: str, now: int) -> Assignment | None:
    """End the assignment of a chat in the transaction of another verb."""
    assignment = of_chat(tx, chat_id)
    if assignment is not None:
        tx.run(END, {"chat": chat_id, "why": why, "now": now})
        note(tx, now, "assignment ended", queue=assignment.queue_id, text=f"{safe(assignment.client)}: {why}")
    return assignment


def of_chat(db: Reader, chat_id: int) -> Assignment | None:
    """Return the open assignment of a chat."""
    row = db.row(OF_CHAT, {"chat": chat_id})
    return _assignment(row) if row else None


def open_ones(sq: SparkQ) -> tuple[Progress, ...]:
    """Return the assignments that chats work on now, the oldest first."""
    with sq.db.read() as tx:
        listed = [_assignment(row) for row in tx.rows(OPEN)]
        return tuple(progress(tx, each) for each in listed if each.gone_at is None)


def progress(db: Reader, assignment: Assignment) -> Progress:
    """Return how far a chat has come."""
    begun, queued = _begun(db, assignment), left_in(db, assignment.queue_id)
    left = queued if assignment.most is None else min(queued, max(assignment.most - begun, 0))
    return Progress(assignment, begun, left)


def left_in(db: Reader, queue_id: int | None) -> int:
    """Return how many tasks are queued, in one queue or in all; an archived queue hands out none."""
    return _number(db.row(QUEUED_IN_ALL) if queue_id is None else db.row(QUEUED, {"queue": queue_id}))


def given_back(db: Reader, assignment: Assignment) -> int | None:
    """Return a task that the chat was handed for its assignment and gave back, and that the next claim may hand it again."""
    row = db.row(GIVEN_BACK, {"chat": assignment.chat_id})
    return _number(row) or None


def nothing_handed_out(db: Reader, assignment: Assignment) -> str | None:
    """Return why the chat gets no task for now, however it waits: nothing is queued, or you have to open the gate."""
    if not left_in(db, assignment.queue_id):
        return f"{assignment.queue or 'Every queue'} is empty"
    if assignment.queue_id is not None:
        gate = gates.of_queue(db, assignment.queue_id)
        return gates.sentence(gate) if gate is not None else None
    return None if _number(db.row(HANDED_OUT)) else "No queue hands out tasks for now"


def spent(db: Reader, caller: Caller, queue_id: int, now: int) -> str | None:
    """Return why a chat gets no more tasks of a queue although some may be there; None if nothing limits it."""
    chat_id = caller.id if caller.id is not None else chats.find(db, caller) if caller.session else None
    assignment = of_chat(db, chat_id) if chat_id is not None else None
    if assignment is None or assignment.queue_id not in (None, queue_id):
        return None
    return limit_reached(db, assignment, now)


def limit_reached(db: Reader, assignment: Assignment, now: int) -> str | None:
    """Return why the chat has done what it was asked for, or is to go no further; None if it may."""
    if assignment.until is not None and now >= assignment.until:
        return f"It is past {time_of_day(assignment.until)}"
    if assignment.most is not None and _begun(db, assignment) >= assignment.most:
        return f"All {assignment.most} tasks are done" if assignment.most > 1 else "The one task is done"
    return f"{IN_A_ROW} tasks in a row were not done" if assignment.in_a_row >= IN_A_ROW else None


def go_on_in(sq: SparkQ, chat_id: int, turn: str) -> None:
    """Record that the chat works for its assignment in the turn that this prompt began."""
    assignment = of_chat(sq.db, chat_id)
    if assignment is not None and assignment.turn != turn:
        with sq.db.write() as tx:
            tx.run(TURN, {"chat": chat_id, "turn": turn})


def reminded(tx: Transaction, assignment: Assignment, now: int) -> None:
    """Record that the chat is reminded of its assignment."""
    tx.run(REMINDED, {"chat": assignment.chat_id, "now": now})


def _begun(db: Reader, assignment: Assignment) -> int:
    return _number(db.row(BEGUN, {"chat": assignment.chat_id}))


def _number(row: tuple[Any, ...] | None) -> int:
    return int(row[0]) if row else 0


def _assignment(row: tuple[Any, ...]) -> Assignment:
    assignment = Assignment(*row)
    return assignment._replace(fresh=bool(assignment.fresh))
