"""The fence: a call that passes no attempt is about the only one that it can mean, or is refused with its text kept."""

from sparkq_core import chats
from sparkq_core.errors import AttemptNeeded
from sparkq_core.events import note
from sparkq_core.lifecycle import ErrorType, Status
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks.refusals import find, refused, state
from sparkq_core.text import checked

SILENT = f"""
SELECT a.attempt FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id
WHERE a.task_id = :task AND t.status = 'running' AND a.attempt < t.attempts
AND a.error_type = '{ErrorType.TIMEOUT}' AND a.late_at IS NULL AND a.worker <> t.worker ORDER BY a.attempt DESC LIMIT 1
"""
LAST_EVENT = "SELECT kind, text FROM events WHERE task_id = :task ORDER BY id DESC LIMIT 1"
MOST_NAMED = 5
KIND = "refused"
"""The kind of event that keeps the text of a call whose attempt is unknown."""


def attempt_of(sq: SparkQ, verb: str, task_id: int, chat: int | None, text: str = "") -> int:
    """Return the attempt that a chat means when it passes none: the only one of the task that it was given.

    It may be a running one only if the chat has no other open claim: several contexts may share the chat, and each knows
    its own claim. Otherwise `text` is kept in the timeline. Raises AttemptNeeded, NoSuchTask, and WrongState or
    ClaimLost for a task that cannot be meant.
    """
    checked(text, "text", empty=True)
    with sq.db.write() as tx:
        task = find(tx, task_id)
        given = chats.given(tx, chat, task_id) if chat is not None else []
        if len(given) == 1 and chat is not None:
            runs = task.status == Status.RUNNING and task.attempts == given[0]
            if not (runs and chats.open_claims(tx, chat, besides=task_id, limit=1)):
                return given[0]
        if task.attempts == 0:
            raise refused(tx, task_id, verb)
        refusal = keep(tx, verb, task_id, text, sq.clock.now(), tuple(given))
    raise refusal  # after the commit, which keeps the text


def silent_attempt(tx: Transaction, task_id: int) -> int | None:
    """Return an earlier attempt whose worker may still report: it timed out, without a word since, and another worker has
    the task now. A report without an attempt may be that worker's."""
    row = tx.row(SILENT, {"task": storable(task_id)})
    return int(row[0]) if row else None


def keep(tx: Transaction, verb: str, task_id: int, text: str, now: int, given: tuple[int, ...]) -> AttemptNeeded:
    """Keep the text of a call without an attempt in the timeline, once, and return the error of the call."""
    task = find(tx, task_id)
    if text and tx.row(LAST_EVENT, {"task": task_id}) != (KIND, text):
        note(tx, now, KIND, task=task_id, queue=task.queue_id, text=text)
    possible = tuple(sorted({*given, task.attempts})) if given else tuple(range(1, task.attempts + 1))[-MOST_NAMED:]
    kept = " Your text is kept in its timeline." if text else ""
    return AttemptNeeded(
        f"This call does not say which attempt of #{task_id} it is about: {state(task)}.{kept}",
        f"Pass the number that your claim had: {' or '.join(map(str, possible))}.",
        verb,
        task_id,
        possible,
    )
