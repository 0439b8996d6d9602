"""Answers as programs for SparkQ 1 read them: with `queue_id` and `payload`, and in an order that survives their sorting."""

from collections.abc import Iterable
from contextlib import suppress

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import queues, shapes, tasks, wire
from sparkq_core.errors import NoSuchTask, SparkQError
from sparkq_core.lifecycle import Status
from sparkq_core.model import Claim, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates


class V1Keys(TypedDict, closed=True):
    """The two keys; `payload` is JSON as text."""

    queue_id: str
    payload: str


class ListedTask(shapes.TaskKeys, closed=True):
    """A task of a list. It has `queue_id` and `payload` only if the list is filtered by `queue_id`."""

    queue_id: NotRequired[str]
    payload: NotRequired[str]


class ClaimedTask(shapes.TaskKeys, closed=True):
    """A claimed task. Settle it with its `attempt`."""

    prompt: str
    how: str
    attempt: int
    feedback: NotRequired[str | None]
    question: NotRequired[str | None]
    answer: NotRequired[str | None]
    previous: NotRequired[shapes.PreviousAttempt | None]
    check: NotRequired[str | None]
    queue_id: str
    payload: str


class Claimed(TypedDict, closed=True):
    """A claim; `task` is null when nothing is handed out. `held` tasks of the queue then wait for your answer, and
    `paused` is true if the queue hands out none until it is resumed. `waiting_for_review` is
    the number of tasks to review first in a queue with a review limit; 0 if all are running that it handed out."""

    task: ClaimedTask | None
    remaining: int
    held: NotRequired[int]
    paused: NotRequired[bool | None]
    waiting_for_review: NotRequired[int | None]
    instructions: NotRequired[str]


def nothing_answer(sq: SparkQ, queue: str) -> Claimed:
    """Convert a claim that got no task: nothing is queued, or the queue hands out nothing for now."""
    held, gate = queues.held(sq.db, queue), gates.of_name(sq.db, queue)
    answer = Claimed(task=None, remaining=gate.queued if gate else 0, **wire.gate(gate))
    if held:
        answer["held"] = held
    return answer


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
    return {"queue_id": wire.queue_id(task.queue_id), "payload": wire.compact({"prompt": prompt})}


def tasks_with_payloads(sq: SparkQ, listed: Iterable[Task]) -> list[ListedTask]:
    """Convert the tasks of a list together with their prompts. Those that have been deleted since are left out."""
    lines: list[ListedTask] = []
    for task in listed:
        with suppress(NoSuchTask):
            detail = tasks.detail(sq, task.id)
            lines.append({**wire.task_brief(detail.task, sq.clock.now()), **v1_keys(detail.task, detail.prompt)})
    return lines


def in_lasting_order(lines: list[ListedTask]) -> None:
    """Let no queued task seem older than the task ahead of it.

    The runner of SparkQ 1 sorts a list by `created_at` and claims the first queued task. That must be the head of the
    queue, also after a task was requeued or moved to the front.
    """
    latest = ""
    for line in lines:
        if line["status"] == Status.QUEUED:
            line["created_at"] = latest = max(latest, line["created_at"])


def with_v1_words(sq: SparkQ, task_id: int, error: SparkQError) -> SparkQError:
    """Add the words by which the client of SparkQ 1 knows that it may ask for its timed out task again with `/reset`."""
    if tasks.get(sq, task_id).timed_out:
        error.message = f"{error.message} Its status is failed."
    return error
