"""What a chat is reminded of when it ends its turn.

The reminder must end by itself, whatever the model does: each one needs a task that was claimed or settled since the one
before, and each attempt is spoken of once.
"""

from sparkq_core import chats
from sparkq_core.chats import OpenClaim
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from sparkq_core.queues.assignments import Assignment, Progress
from sparkq_core.storage.database import Transaction
from sparkq_core.text import counted

REMIND = "INSERT INTO reminders (task_id, attempt, at) VALUES (:task, :attempt, :now) ON CONFLICT DO NOTHING RETURNING attempt"
NAMED = 5
"""Most tasks that one reminder names."""


def reminder(sq: SparkQ, chat_id: int, process: str | None, turn: str = "", *, background: bool) -> str | None:
    """Return what the chat is reminded of, None if it may stop. `background` is true if work goes on that wakes it.

    `process` is the process of the client: a chat that was resumed in another one is not held to its assignment. `turn` is
    the client's id of your prompt: after an interrupt, of which no hook tells, a turn in which the chat did nothing for its
    assignment is about something else.
    """
    with sq.db.write() as tx:
        now = sq.clock.now()
        if background:
            _end_if_done(tx, chat_id, now)
            return None
        assignment = _present(tx, chat_id, process, turn, now)
        held = chats.open_claims(tx, chat_id, limit=NAMED)
        unspoken = [claim for claim in held if _not_reminded(tx, claim, now)]
        if unspoken:
            return _holding(unspoken, assignment)
        if assignment is None:
            return None
        why = _over(tx, assignment, held, now)
        if why is not None:
            assignments.end_within(tx, chat_id, why, now)
            return None
        assignments.reminded(tx, assignment, now)
        return _go_on(assignments.progress(tx, assignment), assignments.given_back(tx, assignment))


def _end_if_done(tx: Transaction, chat_id: int, now: int) -> None:
    """End the assignment of a chat that goes on in the background, if it has nothing more to do for it. Else what goes on may be
    for it."""
    assignment = assignments.of_chat(tx, chat_id)
    if assignment is None or chats.open_claims(tx, chat_id, limit=1):
        return
    limit = assignments.limit_reached(tx, assignment, now)
    if limit is not None:
        assignments.end_within(tx, chat_id, limit, now)


def _present(tx: Transaction, chat_id: int, process: str | None, turn: str, now: int) -> Assignment | None:
    """Return the assignment that the chat is still held to."""
    assignment = assignments.of_chat(tx, chat_id)
    if assignment is None:
        return None
    if None not in (process, assignment.process) and process != assignment.process:
        assignments.end_within(tx, chat_id, "Its client was closed", now)
        return None
    if turn and assignment.turn not in (None, turn):
        assignments.end_within(tx, chat_id, "You went on with something else", now)
        return None
    return assignment


def _not_reminded(tx: Transaction, claim: OpenClaim, now: int) -> bool:
    return tx.row(REMIND, {"task": claim.task_id, "attempt": claim.attempt, "now": now}) is not None


def _over(tx: Transaction, assignment: Assignment, held: tuple[OpenClaim, ...], now: int) -> str | None:
    """Return why the assignment is over, None if the chat is to go on."""
    if held:
        return f"The chat stopped while it held #{held[0].task_id}"
    limit = assignments.limit_reached(tx, assignment, now)
    if limit is not None:
        return limit
    nothing = assignments.nothing_handed_out(tx, assignment)
    if nothing is not None:
        return nothing
    if assignment.moves == 0:
        return "The chat was reminded, and did nothing"
    return None


def _holding(claims: list[OpenClaim], assignment: Assignment | None) -> str:
    named = ", ".join(f"#{claim.task_id} (attempt {claim.attempt})" for claim in claims)
    it = "it" if len(claims) == 1 else "each"
    number = f"task_id={claims[0].task_id}, attempt={claims[0].attempt}"
    then = f" Then go on with {assignments.goal(assignments.Order(*assignment[2:6]))}." if assignment else ""
    return (
        f"SparkQ: this chat still holds {named}. Before you stop, settle {it}: complete({number}, result=…) if it is done, "
        f"fail({number}, error=…) if it cannot be done, release({number}) if you have not begun. If you are to wait for "
        f"the person first, stop: this is said once.{then}"
    )


def _go_on(progress: Progress, given_back: int | None) -> str:
    """Return the reminder; `given_back` is a task that the next claim may hand out again."""
    assignment = progress.assignment
    queue = assignment.queue
    asked = assignments.goal(assignments.Order(*assignment[2:6]))
    if assignment.fresh:
        step = "start the agent sparkq:task-worker for the next one"
    elif queue is not None:
        step = f'claim(queue="{queue}") hands out the next one'
    else:
        step = "list_queues shows where, and claim hands out the next one"
    if given_back is not None:
        step = f"{step}, which may be #{given_back} again: fail it with what stops you, and go on"
    return (
        f"SparkQ: {counted(progress.left, 'task')} {'is' if progress.left == 1 else 'are'} left. The person asked this chat to "
        f"work {asked}: {step}. If you cannot go on, say why and stop."
    )
