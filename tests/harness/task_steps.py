"""Short steps that bring tasks into a state, and looks at the state that they are in."""

from collections.abc import Callable

from sparkq_core import queues, tasks
from sparkq_core.chats import Caller
from sparkq_core.errors import SparkQError
from sparkq_core.maintenance.purge import Purged, purge
from sparkq_core.model import Attempt, Claim, Task
from sparkq_core.project import SparkQ
from tests.harness.clocks import SECOND, SetClock
from tests.harness.waiting import until


def add(sq: SparkQ, *prompts: str, queue: str = "backend", timeout: int = 60) -> list[int]:
    """Enqueue prompts; their ids."""
    drafts = [tasks.Draft(prompt, timeout=timeout) for prompt in prompts]
    return [task.task.id for task in tasks.enqueue_all(sq, queue, drafts)]


def take(sq: SparkQ, worker: str = "ann", *, queue: str = "backend", task_id: int | None = None) -> Claim:
    """Claim what must be there to claim."""
    claim = tasks.claim(sq, queue, worker, task_id=task_id)
    assert claim is not None
    return claim


def take_in_chat(sq: SparkQ, chat: Caller, task_id: int) -> Claim:
    """Claim a task in a chat."""
    claim = tasks.claim(sq, None, f"{chat.client}-{(chat.session or '1')[-4:]}", task_id=task_id, chat=chat)
    assert claim is not None
    return claim


def claimed_task(
    sq: SparkQ, prompt: str = "one", *, worker: str = "ann", timeout: int = 60, queue: str = "backend"
) -> Task:
    """A new task in a queue, claimed."""
    (task_id,) = add(sq, prompt, queue=queue, timeout=timeout)
    return take(sq, worker, queue=queue, task_id=task_id).task


def timed_out_task(sq: SparkQ, clock: SetClock, *, timeout: int = 60) -> Task:
    """A task whose worker was silent for two timeouts."""
    task = claimed_task(sq, timeout=timeout)
    clock.move(timeout)
    tasks.get(sq, task.id)
    clock.move(timeout)
    return tasks.get(sq, task.id)


EARLIER = """
UPDATE tasks SET claimed_at = claimed_at - :ms, heartbeat_at = heartbeat_at - :ms, due_at = due_at - :ms,
    stale_warned_at = stale_warned_at - :ms
WHERE id = :task
"""


def after_silence(sq: SparkQ, task_id: int, seconds: int) -> Task:
    """The task, as if everything about its attempt had happened `seconds` earlier: no clock of a process beside the
    others', whose warning of the future they would take back."""
    with sq.db.write() as tx:
        tx.run(EARLIER, {"task": task_id, "ms": seconds * SECOND})
    return tasks.get(sq, task_id)


def attempts(sq: SparkQ, task_id: int) -> tuple[Attempt, ...]:
    """Every attempt of a task."""
    return tasks.detail(sq, task_id).attempts


def timeline(sq: SparkQ, task_id: int) -> list[str]:
    """The kinds of a task's events, oldest first."""
    return [event.kind for event in tasks.detail(sq, task_id).events]


def queued_ids(sq: SparkQ, queue: str = "backend") -> list[int]:
    """The ids that wait in the queue, in the order in which they will be claimed."""
    return [task.id for task in tasks.peek(sq, queue, 100).tasks]


def queued_count(sq: SparkQ, queue: str = "backend") -> int:
    """How many tasks of the queue are queued, by its counters."""
    return next(counts.queued for listed, counts in queues.all_of(sq, archived=True) if listed.name == queue)


def purge_all(sq: SparkQ) -> Purged:
    """Purge every finished task, a moment after the last outcome: a task of the same millisecond is not old yet."""
    last = sq.clock.now()
    until(lambda: sq.clock.now() > last)
    return purge(sq, older_than=0, unreviewed=0)


def refusal_of(verb: Callable[[], object]) -> SparkQError | None:
    """What a verb was refused with, None when it went through."""
    try:
        verb()
    except SparkQError as refusal:
        return refusal
    return None
