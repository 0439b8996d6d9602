"""Answers about tasks: lists, one with its history, claims, the inbox."""

from typing import Any, Literal

from sparkq_http.shapes.base import Shape


class Task(Shape):
    """A task as lists show it."""

    id: int
    friendly_id: str
    queue: str
    session: str | None = None
    title: str
    status: Literal["queued", "running", "succeeded", "failed"]
    tool_name: str
    task_class: str
    timeout: int
    attempts: int
    worker_id: str | None = None
    error_type: str | None = None
    stale: str | None = None
    source: str
    key: str | None = None
    created_at: str
    claimed_at: str | None = None
    started_at: str | None = None
    heartbeat_at: str | None = None
    stale_warned_at: str | None = None
    deadline: str | None = None
    finished_at: str | None = None
    reviewed_at: str | None = None


class Placed(Task):
    """A task in line: `position` counts from 1 at the head."""

    position: int


class Listed(Task):
    """A task of a list; the last two only when the list was asked by `queue_id`."""

    queue_id: int | None = None
    payload: str | None = None


class Late(Shape):
    """What a worker said after its attempt had ended."""

    outcome: str
    text: str
    data: Any = None
    at: str


class Attempt(Shape):
    """One execution of a task."""

    attempt: int
    worker_id: str
    prompt_revision: int
    claimed_at: str
    heartbeat_at: str | None = None
    stale_warned_at: str | None = None
    finished_at: str | None = None
    outcome: str | None = None
    result_summary: str | None = None
    result_data: Any = None
    error_message: str | None = None
    error_type: str | None = None
    late: Late | None = None
    accepted_at: str | None = None
    git_before: dict[str, Any] | None = None
    git_after: dict[str, Any] | None = None


class Event(Shape):
    """One thing that happened."""

    id: int
    at: str
    kind: str
    task_id: int | None = None
    queue_id: int | None = None
    attempt: int | None = None
    worker_id: str | None = None
    text: str | None = None


class Prompt(Shape):
    """One wording of a task."""

    revision: int
    text: str
    created_at: str


class Prompts(Shape):
    """The wordings of a task."""

    prompts: list[Prompt]
    total: int


class TaskHistory(Task):
    """A task with everything."""

    prompt: str
    feedback: str | None
    result_summary: str | None
    result_data: Any
    error_message: str | None
    history: list[Attempt]
    events: list[Event]


class OneTask(Shape):
    """What a verb left behind."""

    task: Task


class InLine(Shape):
    """A task that waits."""

    task: Placed


class Tasks(Shape):
    """A page of a list: `total` counts all that match; without `next_cursor` it was the last page."""

    tasks: list[Listed]
    total: int
    next_cursor: str | None = None


class Bulk(Shape):
    """Tasks that were put in line together."""

    tasks: list[Placed]
    total: int


class Settled(Shape):
    """A settled task, and how many wait in its queue."""

    id: int
    status: str
    duration_s: float | None = None
    remaining: int
    task: Task


class Previous(Shape):
    """How the attempt before this one ended."""

    attempt: int
    worker_id: str
    outcome: str
    error_type: str | None = None
    text: str | None = None


class ClaimedTask(Listed):
    """A task in a worker's hands: settle it with `attempt`."""

    prompt: str
    how: str
    attempt: int
    feedback: str | None = None
    previous: Previous | None = None


class Claimed(Shape):
    """A claim; `task` is null when the queue is empty."""

    task: ClaimedTask | None
    remaining: int
    instructions: str | None = None


class Deleted(Shape):
    """The id that is gone."""

    deleted: int


class Changes(Shape):
    """What an attempt changed in the repository."""

    branch: str | None = None
    head: str | None = None
    dirty: bool | None = None
    files: int | None = None
    insertions: int | None = None
    deletions: int | None = None
    changed_before: bool | None = None


class FinishedTask(Task):
    """A line of the inbox: the beginning of what the task says, how long it took, what it changed."""

    summary: str
    late: bool | None = None
    duration_s: float | None = None
    changed: Changes | None = None


class SinceQueue(Shape):
    """What ended in one queue; timeouts are not counted as failed."""

    queue: str
    succeeded: int
    failed: int
    timed_out: int
    late: int


class Since(Shape):
    """What ended since the person's last look (null: there was none)."""

    since: str | None
    queues: list[SinceQueue]


class Looked(Shape):
    """The last look, which was just now."""

    since_last_look: Since


class Inbox(Looked):
    """Unreviewed work: `total` counts all of it."""

    tasks: list[FinishedTask]
    total: int
    next_cursor: str | None = None


class ManyReviewed(Shape):
    """The tasks that are reviewed now."""

    tasks: list[Task]
    total: int
