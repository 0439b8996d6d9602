"""Answers with the two keys that programs for SparkQ 1 read: `queue_id` and `payload`."""

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import queues, shapes, tasks, wire
from sparkq_core.errors import NoSuchTask
from sparkq_core.model import Claim, Task
from sparkq_core.project import SparkQ


class V1Keys(TypedDict, closed=True):
    """The two keys; `payload` is JSON as text."""

    queue_id: int
    payload: str


class ListedTask(shapes.TaskKeys, closed=True):
    """A task of a list. It has `queue_id` and `payload` only if the list is filtered by `queue_id`."""

    queue_id: NotRequired[int]
    payload: NotRequired[str]


class ClaimedTask(shapes.TaskKeys, closed=True):
    """A claimed task. Settle it with its `attempt`."""

    prompt: str
    how: str
    attempt: int
    feedback: NotRequired[str | None]
    previous: NotRequired[shapes.PreviousAttempt | None]
    queue_id: int
    payload: str


class Claimed(TypedDict, closed=True):
    """A claim; `task` is null when the queue is empty."""

    task: ClaimedTask | None
    remaining: int
    instructions: NotRequired[str]


def claim_answer(sq: SparkQ, claim: Claim) -> Claimed:
    """Convert a claim: the task with its prompt, the queue's instructions, and how many tasks are queued behind it."""
    _, text = queues.instructions_by_id(sq, claim.task.queue_id)
    brief = wire.task_brief(claim.task, sq.clock.now())
    return {
        "task": {**brief, **wire.claimed(claim), **v1_keys(claim.task, claim.prompt)},
        "remaining": claim.remaining,
        "instructions": text,
    }


def v1_keys(task: Task, prompt: str) -> V1Keys:
    """Format the prompt as SparkQ 1 did."""
    return {"queue_id": task.queue_id, "payload": wire.compact({"prompt": prompt})}


def task_with_payload(sq: SparkQ, task: Task) -> ListedTask | None:
    """Convert a task of a list together with its prompt. None if it has been deleted since."""
    try:
        detail = tasks.detail(sq, task.id)
    except NoSuchTask:
        return None
    return {**wire.task_brief(detail.task, sq.clock.now()), **v1_keys(detail.task, detail.prompt)}
