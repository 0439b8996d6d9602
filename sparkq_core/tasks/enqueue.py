"""Put tasks into a queue."""

from collections.abc import Sequence
from typing import NamedTuple

from sparkq_core import catalogue, queues
from sparkq_core.errors import InvalidValue, KeyUsed
from sparkq_core.events import note
from sparkq_core.lifecycle import QueueStatus, Status
from sparkq_core.model import TASK_COLUMNS, Gate, Queue, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.tasks.line import position_of
from sparkq_core.tasks.refusals import find
from sparkq_core.text import checked, safe
from sparkq_core.titles import title_of

INSERT = """
INSERT INTO tasks (id, queue_id, position, title, tool, task_class, timeout, source, key, created_at)
VALUES (:id, :queue, :position, :title, :tool, :task_class, :timeout, :source, :key, :now)
"""
LAST = "SELECT queued, back, (SELECT seq FROM sqlite_sequence WHERE name = 'tasks') FROM queues WHERE id = :queue"
"""How many tasks wait in a queue, its last position, and the last id of any task."""

PROMPT_IN = "INSERT INTO prompts (task_id, revision, text, created_at) VALUES (:task, :revision, :text, :now)"
BY_KEY = f"SELECT {TASK_COLUMNS} FROM tasks WHERE key = :key"
CAME_INTO = "SELECT 1 FROM events WHERE task_id = :task AND queue_id = :queue AND kind = 'enqueued'"
HAD_PROMPT = "SELECT 1 FROM prompts WHERE task_id = :task AND text = :text"
WAITING = """
SELECT p.text, t.id FROM tasks AS t JOIN prompts AS p ON p.task_id = t.id WHERE t.queue_id = :queue AND t.status = 'queued'
UNION ALL
SELECT p.text, t.id FROM tasks AS t JOIN prompts AS p ON p.task_id = t.id WHERE t.queue_id = :queue AND t.status = 'held'
"""
AHEAD = "SELECT count(*) FROM tasks WHERE queue_id = :queue AND status = 'queued' AND position <= :position"
MAX_KEY = 200
SOURCES = ("cli", "mcp", "http", "script", "import", "library")


class Draft(NamedTuple):
    """A task to enqueue. `timeout` (seconds) overrides that of the class, `task_class` that of the tool."""

    prompt: str
    tool: str | None = None
    task_class: str | None = None
    timeout: int | None = None
    key: str | None = None


class Enqueued(NamedTuple):
    """An enqueued task; `place` counts from 1 at the head of the queue. `again` is true if it was there before.
    `gate` is why its queue hands out no tasks for now."""

    task: Task
    place: int
    again: bool = False
    gate: Gate | None = None


def enqueue(
    sq: SparkQ,
    queue: str,
    prompt: str,
    *,
    tool: str | None = None,
    task_class: str | None = None,
    timeout: int | None = None,
    key: str | None = None,
    source: str = "library",
    front: bool = False,
) -> Enqueued:
    """Put one task at the end of the queue, or at its front; it is on the disk when this returns.

    `prompt` at most 1 MiB, `timeout` in seconds, `key` at most 200 bytes. The same key with the same prompt, in
    any revision, and the same queue returns the task that it made, regardless of the other arguments. For a task that
    was moved since, that is the queue in which it was enqueued, or where it is now. Raises NoSuchQueue,
    QueueClosed, KeyUsed, NoSuchTool, NoSuchClass, InvalidText, InvalidValue.
    """
    return enqueue_all(sq, queue, [Draft(prompt, tool, task_class, timeout, key)], source=source, front=front)[0]


def enqueue_all(
    sq: SparkQ,
    queue: str,
    drafts: Sequence[Draft],
    *,
    source: str = "library",
    skip_waiting: bool = False,
    front: bool = False,
) -> tuple[Enqueued, ...]:
    """Put tasks at the end of the queue, or at its `front`, in their order, all of them or none.

    With `skip_waiting` a draft without a key is not added where a task with its prompt, in any revision, waits in the
    queue already: that task is returned. Raises the errors of `enqueue`.
    """
    for draft in drafts:
        checked(draft.prompt, "prompt")
        if draft.key is not None:
            checked(draft.key, "key", limit=MAX_KEY)
    if source not in SOURCES:
        raise InvalidValue(f"{source!r} is not a source.", f"It can be {', '.join(SOURCES)}.")
    with sq.db.write() as tx:
        batch = _Batch(sq, tx, queues.get(tx, queue), source, len(drafts) if front else 0)
        twins = _twins(tx, queue, drafts) if skip_waiting else [None] * len(drafts)
        added = tuple(map(batch.add, drafts, twins))
        if not front:
            return added
        # A task that was there before is further behind now.
        return tuple(each._replace(place=place_in_line(tx, each.task)) if each.again else each for each in added)


def waiting(sq: SparkQ, queue: str, drafts: Sequence[Draft]) -> tuple[int | None, ...]:
    """Return for each draft the id of the task that `skip_waiting` finds, None if there is none. Raises NoSuchQueue."""
    with sq.db.read() as db:
        return tuple(_twins(db, queue, drafts))


def _twins(db: Reader, queue: str, drafts: Sequence[Draft]) -> list[int | None]:
    """Return for each draft a waiting task of its own that has its prompt: two equal drafts need two."""
    ids: dict[str, list[int]] = {draft.prompt: [] for draft in drafts if draft.key is None}
    for text, task_id in db.rows(WAITING, {"queue": queues.get(db, queue).id}):
        if text in ids and task_id not in ids[text]:
            ids[text].append(task_id)
    for found in ids.values():
        found.sort(reverse=True)
    return [ids[draft.prompt].pop() if ids.get(draft.prompt) and draft.key is None else None for draft in drafts]


class _Batch:
    """Tasks that are enqueued in one transaction."""

    def __init__(self, sq: SparkQ, tx: Transaction, queue: Queue, source: str, at_front: int) -> None:
        """`at_front` is how many tasks may come to the front of the queue; 0 if they go to its end."""
        self._sq = sq
        self._tx = tx
        self._queue = queue
        self._source = source
        self._now = sq.clock.now()
        self._back: int
        waiting, self._back, last_id = tx.rows(LAST, {"queue": queue.id})[0]
        self._id: int = last_id or 0
        self._place: int = 0 if at_front else waiting
        self._room = at_front
        self._front: int | None = None
        self._executions: dict[tuple[str | None, str | None, int | None], tuple[str, str, int]] = {}

    def add(self, draft: Draft, twin: int | None = None) -> Enqueued:
        """Put one task into the queue, unless its key has been used or its twin waits there."""
        tx, queue, now = self._tx, self._queue, self._now
        if twin is not None:
            task = find(tx, twin)
            return Enqueued(task, place_in_line(tx, task), again=True, gate=gates.of_queue(self._tx, task.queue_id))
        if draft.key is not None and (row := tx.row(BY_KEY, {"key": draft.key})) is not None:
            return self._made_before(Task(*row), draft)
        if queue.status != QueueStatus.ACTIVE:
            raise queues.closed(queue)
        tool, task_class, timeout = self._execution(draft)
        self._id += 1
        task = Task(
            id=self._id, queue_id=queue.id, queue=queue.name, session=queue.session, status=Status.QUEUED,
            position=self._next_position(), title=title_of(draft.prompt), tool=tool, task_class=task_class, timeout=timeout,
            source=self._source, key=draft.key, revision=1, attempts=0, created_at=now, worker=None, claimed_at=None,
            heartbeat_at=None, stale_warned_at=None, finished_at=None, reviewed_at=None, error_type=None, late_at=None,
            late_attempt=None, late_outcome=None, accepted_attempt=None, chat_gone_at=None, limit_until=None, review_state=None,
        )  # fmt: skip
        tx.run(INSERT, {
            "id": task.id, "queue": queue.id, "position": task.position, "title": task.title, "tool": tool,
            "task_class": task_class, "timeout": timeout, "source": task.source, "key": task.key, "now": now,
        })  # fmt: skip
        tx.run(PROMPT_IN, {"task": task.id, "revision": 1, "text": draft.prompt, "now": now})
        note(tx, now, "enqueued", task=task.id, queue=queue.id)
        self._place += 1
        return Enqueued(task, self._place, gate=self._gate())

    def _next_position(self) -> int:
        """Return the next position: at the front, in the order of the drafts, or at the end of the queue."""
        if not self._room:
            self._back = max(self._back + 1, position_of(self._id))
            return self._back
        if self._front is None:
            self._front = queues.room_at_front(self._tx, self._queue, self._room) - 1
        self._front += 1
        return self._front

    def _made_before(self, task: Task, draft: Draft) -> Enqueued:
        """Return the task that the key of `draft` made. Raises KeyUsed if the draft asks for another one."""
        is_same_queue = task.queue_id == self._queue.id or self._tx.row(
            CAME_INTO, {"task": task.id, "queue": self._queue.id}
        )  # it may have been moved since
        if not (is_same_queue and self._tx.row(HAD_PROMPT, {"task": task.id, "text": draft.prompt})):
            raise KeyUsed(
                f"The key {safe(str(draft.key))!r} was used for #{task.id}, which is {task.status} in {task.queue}, "
                f"with another {'prompt' if is_same_queue else 'queue'}. Nothing was enqueued.",
                f"Choose another key for a new task. For #{task.id} itself, repeat its prompt and its queue.",
            )
        return Enqueued(task, place_in_line(self._tx, task), again=True, gate=gates.of_queue(self._tx, task.queue_id))

    def _gate(self) -> Gate | None:
        """Return the closed gate of the queue, as it is with what was added so far."""
        if self._queue.paused_at is None and self._queue.review_limit is None:
            return None
        return gates.of_queue(self._tx, self._queue.id)

    def _execution(self, draft: Draft) -> tuple[str, str, int]:
        wanted = (draft.tool, draft.task_class, draft.timeout)
        if wanted not in self._executions:
            self._executions[wanted] = execution(self._sq, *wanted)
        return self._executions[wanted]


def place_in_line(db: Reader, task: Task) -> int:
    """Return the place of a queued task, from 1 at the head of its queue; 0 for a task that is not queued."""
    if task.status != Status.QUEUED:
        return 0
    ahead = db.row(AHEAD, {"queue": task.queue_id, "position": task.position})
    return int(ahead[0]) if ahead else 0


def execution(sq: SparkQ, tool: str | None, task_class: str | None, timeout: int | None) -> tuple[str, str, int]:
    """Return the tool, its class and the timeout that a task gets now; a later change of the class does not reach it."""
    name = tool or catalogue.DEFAULT_TOOL
    known = catalogue.tool(sq, name)
    class_name = task_class or known.task_class
    by_class = catalogue.task_class(sq, class_name).timeout
    return name, class_name, by_class if timeout is None else catalogue.checked_timeout(timeout)
