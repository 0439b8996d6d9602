"""Read one task."""

from sparkq_core import chats, events
from sparkq_core.model import ATTEMPT_COLUMNS, PROMPT_COLUMNS, Attempt, Detail, Prompt, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from sparkq_core.stale import sweep_for_reader
from sparkq_core.tasks.claim import FEEDBACK, PROMPT
from sparkq_core.tasks.refusals import find

PROMPTS = f"SELECT {PROMPT_COLUMNS} FROM prompts WHERE task_id = :task ORDER BY revision"
ATTEMPTS = f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE task_id = :task ORDER BY attempt"


def get(sq: SparkQ, task_id: int) -> Task:
    """Return a task without its texts. Raises NoSuchTask."""
    sweep_for_reader(sq)
    return find(sq.db, task_id)


def detail(sq: SparkQ, task_id: int) -> Detail:
    """Return a task with its prompt, attempts and timeline. Raises NoSuchTask."""
    sweep_for_reader(sq)
    with sq.db.read() as tx:
        task = find(tx, task_id)
        prompt = tx.row(PROMPT, {"task": task.id, "revision": task.revision})
        feedback = tx.row(FEEDBACK, {"task": task.id})
        return Detail(
            task,
            str(prompt[0]) if prompt else "",
            tuple(Attempt(*row) for row in tx.rows(ATTEMPTS, {"task": task.id})),
            events.of_task(tx, task.id),
            feedback[0] if feedback else None,
            chats.of_task(tx, task.id),
            checks.of_outcome(tx, task.id),
            checks.of_task(tx, task.id),
        )


def prompts(sq: SparkQ, task_id: int) -> tuple[Prompt, ...]:
    """Return every prompt that a task has had, oldest first. Raises NoSuchTask."""
    with sq.db.read() as tx:
        return tuple(Prompt(*row) for row in tx.rows(PROMPTS, {"task": find(tx, task_id).id}))
