"""Answers with the two keys that programs written for SparkQ 1 read: `queue_id` and `payload`."""

from sparkq_core import queues, tasks, wire
from sparkq_core.errors import NoSuchTask
from sparkq_core.model import Claim, Task
from sparkq_core.project import SparkQ


def claim_answer(sq: SparkQ, claim: Claim) -> wire.Json:
    """A claimed task with its prompt, the queue's instructions, and how many wait behind it."""
    _, text = queues.instructions_by_id(sq, claim.task.queue_id)
    brief = wire.task_brief(claim.task, sq.clock.now())
    return {
        "task": brief | wire.claimed(claim) | v1_keys(claim.task, claim.prompt),
        "remaining": claim.remaining,
        "instructions": text,
    }


def v1_keys(task: Task, prompt: str) -> wire.Json:
    """`queue_id`, and `payload`: the prompt within JSON within text."""
    return {"queue_id": task.queue_id, "payload": wire.compact({"prompt": prompt})}


def task_with_payload(sq: SparkQ, task: Task) -> wire.Json | None:
    """A task of a list with its prompt, None when it was deleted a moment ago."""
    try:
        found = tasks.detail(sq, task.id)
    except NoSuchTask:
        return None
    return wire.task_brief(found.task, sq.clock.now()) | v1_keys(found.task, found.prompt)
