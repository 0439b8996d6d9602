"""The fence: a call that passes no attempt is about the only one that it can mean, or is refused with its text kept."""

from sparkq_core import chats
from sparkq_core.errors import AttemptNeeded
from sparkq_core.events import last_of_task, note
from sparkq_core.lifecycle import ErrorType, Status
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.tasks.refusals import find, refused, state
from sparkq_core.text import checked

SILENT = f"""
SELECT 1 FROM attempts AS a JOIN tasks AS t ON t.id = a.task_id
WHERE a.task_id = :task AND t.status = 'running' AND a.attempt < t.attempts
AND a.error_type = '{ErrorType.TIMEOUT}' AND a.late_at IS NULL AND a.worker <> t.worker LIMIT 1
"""
KEPT = "Your text is kept in its timeline."
MOST_NAMED = 5
KIND = "refused"
"""The kind of event that keeps the text of a call whose attempt is unknown."""


def attempt_of(sq: SparkQ, verb: str, task_id: int, chat: int | None, text: str = "") -> int:
    """Return the attempt that a chat means when it passes none: the only one of the task that it was given.

    It may be the present one only if the task has had no other, since a client whose server was restarted may speak of
    an earlier one, and if the chat has no other open claim, since several contexts may share it. Otherwise `text` is
    kept in the timeline. Raises AttemptNeeded, NoSuchTask, and WrongState for a task that was never claimed.
    """
    checked(text, "text", empty=True)
    with sq.db.write() as tx:
        task = find(tx, task_id)
        given = chats.given(tx, chat, task_id) if chat is not None else []
        if len(given) == 1 and chat is not None:
            runs = task.status == Status.RUNNING and task.attempts == given[0]
            is_only = task.attempts == 1 and not (runs and chats.open_claims(tx, chat, besides=task_id, limit=1))
            if is_only or given[0] < task.attempts:
                return given[0]
        if task.attempts == 0:
            raise refused(tx, task_id, verb)
        refusal = keep(tx, verb, task_id, text, sq.clock.now())
    raise refusal  # after the commit, which keeps the text


def earlier_is_silent(tx: Transaction, task_id: int) -> bool:
    """True if the worker of an earlier attempt may still report: it timed out, without a word since, and another worker
    has the task now. A report without an attempt may be that worker's."""
    return tx.row(SILENT, {"task": storable(task_id)}) is not None


def keep_text(tx: Transaction, task: Task, text: str, now: int) -> None:
    """Keep a text whose attempt is unknown in the timeline of the task, once."""
    if text and last_of_task(tx, task.id) != (KIND, text):
        note(tx, now, KIND, task=task.id, queue=task.queue_id, text=text)


def keep(tx: Transaction, verb: str, task_id: int, text: str, now: int) -> AttemptNeeded:
    """Keep the text of a call without an attempt in the timeline, and return the error of the call."""
    task = find(tx, task_id)
    keep_text(tx, task, text, now)
    possible = range(1, task.attempts + 1)[-MOST_NAMED:]
    return AttemptNeeded(
        f"This call does not say which attempt of #{task_id} it is about: {state(task)}.{f' {KEPT}' if text else ''}",
        f"Pass the number that your claim had: {' or '.join(map(str, possible))}.",
        verb,
        task_id,
        possible,
    )
