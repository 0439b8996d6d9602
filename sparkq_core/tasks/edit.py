"""Change tasks that nobody has claimed."""

from collections.abc import Sequence
from typing import NamedTuple

from sparkq_core.errors import Unseen
from sparkq_core.events import note
from sparkq_core.lifecycle import MARKS, Status
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.tasks.claim import PROMPT
from sparkq_core.tasks.enqueue import PROMPT_IN, execution
from sparkq_core.tasks.order import to_front_within
from sparkq_core.tasks.refusals import find, refused
from sparkq_core.text import checked
from sparkq_core.titles import title_of

EDIT = f"""
UPDATE tasks SET revision = revision + :again, title = :title, tool = :tool, task_class = :task_class, timeout = :timeout
WHERE id = :id AND status = :from_status RETURNING {TASK_COLUMNS}
"""


def edit(
    sq: SparkQ,
    task_id: int,
    *,
    prompt: str | None = None,
    tool: str | None = None,
    task_class: str | None = None,
    timeout: int | None = None,
    feedback: str | None = None,
    front: bool = False,
    revision: int | None = None,
) -> Task:
    """Change a queued or held task, which stays where it is. A new prompt becomes its next revision, and the
    earlier ones stay.

    `feedback` replaces that of the last requeue for the next worker; an empty one withdraws it. `front` makes a queued task
    the next one of its queue too. Without any change nothing is logged. With the `revision` of the prompt that you saw, it
    is refused if there is another one. Raises NoSuchTask, Unseen, WrongState once it has been claimed, QueueClosed where
    `front` meets an archived queue, and the errors of `enqueue`.
    """
    if prompt is not None:
        checked(prompt, "prompt")
    changes = _Changes(prompt, tool, task_class, timeout, feedback, front)
    with sq.db.write() as tx:
        before = _editable(tx, task_id)
        if front and before.status != Status.QUEUED:
            raise refused(tx, task_id, "move to the front")
        if revision not in (None, before.revision):
            raise Unseen(
                f"The prompt of #{before.id} has revision {before.revision} by now, and you saw revision {revision}.",
                "Look at the task again.",
            )
        return _edit(sq, tx, before, changes)


def edit_all(
    sq: SparkQ,
    task_ids: Sequence[int],
    *,
    tool: str | None = None,
    task_class: str | None = None,
    timeout: int | None = None,
    feedback: str | None = None,
) -> tuple[Task, ...]:
    """Change several queued or held tasks in the same way, all of them or none. Raises the errors of `edit`."""
    changes = _Changes(None, tool, task_class, timeout, feedback, front=False)
    with sq.db.write() as tx:
        return tuple(_edit(sq, tx, _editable(tx, task_id), changes) for task_id in dict.fromkeys(task_ids))


class _Changes(NamedTuple):
    prompt: str | None
    tool: str | None
    task_class: str | None
    timeout: int | None
    feedback: str | None
    front: bool


def _edit(sq: SparkQ, tx: Transaction, before: Task, changes: _Changes) -> Task:
    prompt, tool, task_class, timeout, feedback, front = changes
    if feedback is not None:
        checked(feedback, "feedback", empty=True)
    if not front and (prompt, tool, task_class, timeout, feedback) == (None, None, None, None, None):
        return before
    now = sq.clock.now()
    name, class_name, seconds = before.tool, before.task_class, before.timeout
    if tool or task_class or timeout is not None:
        name, class_name, seconds = execution(
            sq, tool or before.tool, task_class or (None if tool else before.task_class), timeout
        )
    row = tx.row(EDIT, {
        "id": before.id, "from_status": before.status, "again": prompt is not None,
        "title": before.title if prompt is None else title_of(prompt),
        "tool": name, "task_class": class_name, "timeout": seconds,
    })  # fmt: skip
    assert row is not None
    task = Task(*row)
    if prompt is not None:
        tx.run(PROMPT_IN, {"task": task.id, "revision": task.revision, "text": prompt, "now": now})
    if feedback is not None:
        note(tx, now, "feedback", task=task.id, queue=task.queue_id, text=feedback or None)
    if feedback is None or _changed(before, task):
        note(tx, now, "edited", task=task.id, queue=task.queue_id)
    return to_front_within(tx, task, now) if front else task


def _changed(before: Task, task: Task) -> bool:
    """Return True if an edit changed more than the feedback."""
    return before._replace(title=task.title) != task or before.title != task.title


def editable(sq: SparkQ, task_id: int) -> tuple[str, int]:
    """Return the prompt of a task that can be edited now, and its revision. Raises NoSuchTask, WrongState."""
    with sq.db.read() as tx:
        task = _editable(tx, task_id)
        (prompt,) = tx.rows(PROMPT, {"task": task.id, "revision": task.revision})[0]
    return str(prompt), task.revision


def _editable(db: Reader, task_id: int) -> Task:
    task = find(db, task_id)
    if task.status not in MARKS["edit"]:
        raise refused(db, task_id, "edit")
    return task
