"""Answer the question of a worker, which puts the held task at the head of its queue."""

from sparkq_core import queues
from sparkq_core.errors import Unseen, WrongState
from sparkq_core.events import note
from sparkq_core.lifecycle import MOVES
from sparkq_core.model import ATTEMPT_COLUMNS, TASK_COLUMNS, Attempt, Question, Questions, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import checked_limit, storable
from sparkq_core.tasks.refusals import find, refused, state
from sparkq_core.text import checked

ANSWER = f"""
UPDATE tasks SET status = :target, position = :position WHERE id = :id AND status = :from_status
RETURNING {TASK_COLUMNS}
"""
ANSWER_IN = """
UPDATE attempts SET answer = :answer, answered_at = :now WHERE task_id = :task AND attempt = :attempt
"""
LAST_ASKED = f"""
SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = :task AND attempt = coalesce(:attempt, attempt)
AND question IS NOT NULL ORDER BY attempt DESC LIMIT 1
"""
_ASKED_BY = "FROM attempts AS a WHERE a.task_id = tasks.id AND a.attempt = tasks.attempts"
OPEN = f"""
SELECT {TASK_COLUMNS}, (SELECT a.worker {_ASKED_BY}), (SELECT a.question {_ASKED_BY}), (SELECT a.finished_at {_ASKED_BY})
FROM tasks WHERE status = 'held' AND iif(:queue IS NULL,
    queue_id NOT IN (SELECT q.id FROM queues AS q WHERE q.status = 'archived'), queue_id = :queue)
ORDER BY id LIMIT :limit
"""
OPEN_TOTAL = """
SELECT coalesce(sum(held), 0) FROM queues WHERE iif(:queue IS NULL, status <> 'archived', id = :queue)
"""


def answer(sq: SparkQ, task_id: int, text: str, *, attempt: int | None = None) -> Task:
    """Answer the open question of a held task, which becomes the next task of its queue.

    The next worker gets the question and the answer (at most 1 MiB). `attempt` is the one whose question you saw: if
    another one has asked since, the answer is refused. The same answer again is harmless.
    Raises NoSuchTask, WrongState, Unseen, QueueClosed for an archived queue, InvalidText.
    """
    checked(text, "answer")
    move, now = MOVES["answer"], sq.clock.now()
    with sq.db.write() as tx:
        task = find(tx, task_id)
        if task.status != move.from_status:
            return _answered_before(tx, task, text, attempt)
        if attempt not in (None, task.attempts):
            raise Unseen(f"#{task.id} has another question now, of attempt {task.attempts}.", "Look again.")
        row = tx.row(ANSWER, {
            "id": task.id, "from_status": task.status, "target": move.target,
            "position": queues.next_position(tx, queues.by_id(tx, task.queue_id), front=True),
        })  # fmt: skip
        assert row is not None
        tx.run(ANSWER_IN, {"task": task.id, "attempt": task.attempts, "answer": text, "now": now})
        note(tx, now, "answered", task=task.id, queue=task.queue_id, attempt=task.attempts, text=text)
    return Task(*row)


def _answered_before(tx: Transaction, task: Task, text: str, attempt: int | None) -> Task:
    """Return the task if its last question, that of `attempt` if given, has this answer. Raises WrongState."""
    asked = last_asked(tx, task, attempt)
    if asked is None or asked.answer is None:
        raise refused(tx, task.id, "answer")
    if asked.answer == text:
        return task
    raise WrongState(
        f"#{task.id} cannot be answered: its question has another answer already, and {state(task)}.",
        f'To say more to its next worker while it is queued: sparkq edit {task.id} --feedback "…"',
    )


def last_asked(db: Reader, task: Task, attempt: int | None = None) -> Attempt | None:
    """Return the last attempt that ended with a question; only `attempt` counts if it is given."""
    row = db.row(LAST_ASKED, {"task": task.id, "attempt": storable(attempt)})
    return Attempt(*row) if row is not None else None


def question_of(sq: SparkQ, task_id: int) -> Question:
    """Return the open question of a held task. Raises NoSuchTask, WrongState if none is open."""
    with sq.db.read() as tx:
        task = find(tx, task_id)
        asked = last_asked(tx, task, task.attempts) if task.status in MOVES["answer"].from_statuses else None
        if asked is None or asked.question is None or asked.finished_at is None:
            raise refused(tx, task_id, "answer")
        return Question(task, asked.worker, asked.question, asked.finished_at)


def open_questions(sq: SparkQ, *, queue: str | None = None, limit: int = 50) -> Questions:
    """Return at most `limit` (1 to 1,000) of the questions that wait for your answer, by task.

    Those of archived queues are left out, unless `queue` names one. Raises NoSuchQueue, InvalidValue.
    """
    checked_limit(limit)
    with sq.db.read() as tx:
        queue_id = queues.get(tx, queue).id if queue is not None else None
        rows = tx.rows(OPEN, {"queue": queue_id, "limit": limit})
        ((total,),) = tx.rows(OPEN_TOTAL, {"queue": queue_id})
    return Questions(tuple(Question(Task(*row[:-3]), *row[-3:]) for row in rows), int(total))
