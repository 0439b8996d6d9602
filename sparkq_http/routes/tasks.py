"""Tasks: enqueue, list, show, edit, delete."""

from collections.abc import Sequence
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import plans, search, shapes, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.model import Seen, TaskPage
from sparkq_core.project import SparkQ
from sparkq_core.search import Found
from sparkq_core.tasks import Draft, Enqueued, Wanted
from sparkq_core.tasks.listing import SORTS
from sparkq_core.text import safe
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import (
    MAX_NUMBER,
    Body,
    Filters,
    Flag,
    Moment,
    Open,
    TaskId,
    Word,
    absent,
    documented,
    queue_name,
    queue_name_of_id,
    read,
)
from sparkq_http.v1_keys import ListedTask, in_lasting_order, tasks_with_payloads

router = Router(prefix="/api/tasks", tags=["tasks"])

FINISHED = "finished"
ORDERS = dict.fromkeys(SORTS, "") | {
    "line": " (only for one queue: its queued tasks in the order of the claims, then the others)",
    "best": " (only with `search`, where it is the default: the best match first)",
    FINISHED: " (only finished tasks, the latest outcome first; not with `search`)",
}
"""The ways to sort a list, and the limits of each."""

STATUSES = "^(?:(?:{0})(?:,(?:{0}))*)?$".format("|".join(Status))

ORDERS_TEXT = ", ".join(f"`{name}`{limit}" for name, limit in ORDERS.items())


class OneTask(TypedDict, closed=True):
    """The task as it is now."""

    task: shapes.Task


class OneQueuedTask(TypedDict, closed=True):
    """A queued task."""

    task: shapes.QueuedTask


class QueuedTasks(TypedDict, closed=True):
    """Tasks that were enqueued together."""

    tasks: list[shapes.QueuedTask]
    total: int


class ListedTasks(shapes.SearchKeys, closed=True):
    """A page of a list. `total` counts all tasks that match. The last page has no `next_cursor`. A search has
    `snippets` of the places that match, and lists the `purged` tasks that match after all others. While it is still
    `indexing`, some of the newest tasks are not found."""

    tasks: list[ListedTask]
    total: int
    next_cursor: NotRequired[str | None]


class Prompts(TypedDict, closed=True):
    """The revisions of a task's prompt."""

    prompts: list[shapes.Prompt]
    total: int


class Deleted(TypedDict, closed=True):
    """The id of the deleted task."""

    deleted: int


class Addressed(Body):
    """The queue of a task: `queue` is a name or an id, `queue_id` an id from the list of queues."""

    queue: str | None = None
    queue_id: int | str | None = None
    tool_name: str | None = None
    task_class: str | None = None
    timeout: int | None = Field(None, description="In seconds (default: that of the task class).")
    front: bool = Field(default=False, description="At the front of the queue instead of its end, in their order.")

    @model_validator(mode="after")
    def _has_address(self) -> "Addressed":
        if (self.queue is None) == (self.queue_id is None):
            raise ValueError("send either queue or queue_id")
        return self

    def queue_of(self, sq: SparkQ) -> str:
        """Return the name of the queue."""
        return queue_name(sq, self.queue) if self.queue is not None else queue_name_of_id(sq, self.queue_id or "")


class NewTask(Addressed):
    """A new task: a prompt, or a script of the index with its inputs. With a `key` the request can be repeated safely."""

    prompt: str | None = None
    script: str | None = None
    inputs: dict[str, str] = Field(default_factory=dict)
    key: str | None = None

    @model_validator(mode="after")
    def _has_work(self) -> "NewTask":
        if (self.prompt is None) == (self.script is None):
            raise ValueError("send either prompt or script")
        return self

    def draft(self, sq: SparkQ) -> Draft:
        """Convert to the draft of the core. Raises NoSuchScript, InvalidValue."""
        if self.script is None:
            return Draft(self.prompt or "", self.tool_name, self.task_class, self.timeout, self.key)
        return tasks.of_script(
            sq,
            self.script,
            self.inputs,
            tool=self.tool_name,
            task_class=self.task_class,
            timeout=self.timeout,
            key=self.key,
        )


class NewTasks(Addressed):
    """New tasks: `prompts`, or one `text`, which is split at its items, headings or lines if `split`. Without `again`,
    tasks whose prompt waits in the queue already are left out."""

    prompts: list[str] | None = None
    text: str | None = None
    split: bool = True
    again: bool = True

    @model_validator(mode="after")
    def _has_work(self) -> "NewTasks":
        if (self.prompts is None) == (self.text is None):
            raise ValueError("send either prompts or text")
        return self

    def drafts(self) -> list[Draft]:
        """Convert to drafts of the core. Raises InvalidValue if there are none."""
        prompts: Sequence[str] = self.prompts or ()
        if self.text is not None:
            prompts = plans.tasks_of(self.text) if self.split else [self.text]
        if not prompts:
            raise InvalidValue("No prompt was sent.", "Send at least one.")
        return [Draft(prompt, self.tool_name, self.task_class, self.timeout) for prompt in prompts]


class TaskChange(Body):
    """The changes of a queued task. A new prompt becomes its next revision. An empty `feedback` withdraws the present
    one. With the `revision` that was shown to you (the task's `prompt_revision`), it is refused (409 `unseen`) if the
    prompt has changed since."""

    prompt: str | None = None
    tool_name: str | None = None
    task_class: str | None = None
    timeout: int | None = None
    feedback: str | None = None
    revision: int | None = Field(None, ge=1, le=MAX_NUMBER)


class TaskFilters(Filters):
    """The filters of a list. A task must match all of them. `since` and `until` are the time of the enqueue."""

    status: Annotated[Word, WithJsonSchema({"type": "string", "pattern": STATUSES})] = Field(
        None, description=f"One of {', '.join(f'`{status}`' for status in Status)}, or several: `queued,running`."
    )
    queue: Word = None
    queue_id: Word = Field(
        None, description="The same as `queue`, by id, sorted by `line`. Each task then has its `payload`."
    )
    session: Word = None
    tool: Word = None
    worker: Word = None
    reviewed: Flag = None
    since: Moment = None
    until: Moment = None
    search: Word = Field(None, description='Words or "a phrase" in title, prompt and outcome.')
    sort: Annotated[Word, WithJsonSchema({"type": "string", "enum": [*ORDERS, ""]})] = Field(
        None, description=f"{ORDERS_TEXT}."
    )
    limit: int = Field(50, json_schema_extra={"minimum": 1, "maximum": 1000})
    cursor: Word = None

    @property
    def order(self) -> str:
        """Return the order of the list, empty for the default. Raises InvalidValue."""
        if self.sort is not None and self.sort not in ORDERS:
            raise InvalidValue(f"{safe(self.sort)!r} is not a sort order.", f"Choose one of: {ORDERS_TEXT}.")
        by_v1 = self.queue_id is not None and self.search is None and self.status in (None, Status.QUEUED)
        return self.sort or ("line" if by_v1 else "")

    def wanted(self, sq: SparkQ) -> Wanted:
        """Convert to the filters of the core."""
        by_id = queue_name_of_id(sq, self.queue_id) if self.queue_id is not None else None
        queue = queue_name(sq, self.queue) if self.queue is not None else by_id
        return Wanted(queue, self.status, self.session, self.tool, self.worker, self.since, self.until, self.reviewed)


class DeletedAsShown(Filters):
    """The task as it was shown to you when you were asked: all of it, or nothing."""

    attempt: Annotated[
        Annotated[int, Field(ge=0, le=MAX_NUMBER)] | None,
        BeforeValidator(absent),
        WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}),
    ] = Field(None, description="Its `attempts`. Without it, the task is deleted as it is.")
    late: Flag = Field(None, description="`true` if its late text was shown.")
    late_at: Moment = Field(None, description="The `at` of that text, so that a still newer one is noticed.")
    status: Annotated[Word, WithJsonSchema({"type": "string", "enum": list(Status)})] = None

    @model_validator(mode="after")
    def _has_attempt(self) -> "DeletedAsShown":
        if self.attempt is None and (self.late, self.late_at, self.status) != (None, None, None):
            raise ValueError("send the attempt too")
        return self

    def seen_of(self, task_id: int) -> Seen | None:
        """Return what you saw of this task."""
        if self.attempt is None:
            return None
        return Seen(task_id, self.attempt, bool(self.late), self.late_at, self.status)


def in_line(sq: SparkQ, done: Enqueued) -> shapes.QueuedTask:
    """Convert a task and its place in its queue."""
    return wire.queued_task(done.task, done.place, done.gate, sq.clock.now())


@router.post("", status_code=201, responses={200: {"model": OneQueuedTask}})
async def enqueue(sq: Open, body: NewTask) -> Answer[OneQueuedTask]:
    """Add a task to the end of a queue, or to its `front`. 200 instead of 201 if its key was used before, with the same
    prompt and queue: the answer is the existing task. For another prompt or queue the key is a conflict, `key_used`."""
    draft = await to_thread.run_sync(body.draft, sq) if body.script is not None else body.draft(sq)
    source = "http" if body.script is None else "script"
    done = tasks.enqueue_all(sq, body.queue_of(sq), [draft], source=source, front=body.front)[0]
    status = 200 if done.again else 201
    return Answer({"task": in_line(sq, done)}, status, {"Location": f"/api/tasks/{done.task.id}"})


@router.post("/bulk", status_code=201)
async def enqueue_many(sq: Open, body: NewTasks) -> Answer[QueuedTasks]:
    """Add several tasks to the end of a queue, or to its `front`, in their order, all of them or none. The answer has
    those that were added."""
    drafts = await to_thread.run_sync(body.drafts) if body.text is not None else body.drafts()
    done = tasks.enqueue_all(
        sq, body.queue_of(sq), drafts, source="http", skip_waiting=not body.again, front=body.front
    )
    enqueued = [task for task in done if not task.again]
    return Answer({"tasks": [in_line(sq, task) for task in enqueued], "total": len(enqueued)}, 201)


@router.get("", openapi_extra=documented(TaskFilters))
async def list_tasks(sq: Open, asked: Annotated[TaskFilters, Depends(read(TaskFilters))]) -> Answer[ListedTasks]:
    """List tasks, the newest first, or the queued tasks of one queue in the order in which they will be claimed.

    With `queue_id` the order survives a sort by `created_at`: no queued task seems older than the one ahead of it.
    """
    wanted = asked.wanted(sq)
    page: TaskPage | Found
    if asked.search is not None:
        # The first search after many changes indexes them, which takes a while.
        page = await to_thread.run_sync(_search, sq, asked.search, wanted, asked)
    elif asked.order == FINISHED:
        page = tasks.latest(sq, wanted, limit=asked.limit, cursor=asked.cursor)
    else:
        page = tasks.list_page(sq, wanted, sort=asked.order, limit=asked.limit, cursor=asked.cursor)
    if asked.queue_id is None:
        now = sq.clock.now()
        lines: list[ListedTask] = [{**wire.task_brief(task, now)} for task in page.tasks]
    else:  # up to a thousand whole prompts
        lines = await to_thread.run_sync(tasks_with_payloads, sq, page.tasks)
        if asked.order == "line":
            in_lasting_order(lines)
    return Answer(listed(lines, page))


@wire.excludes_none
def listed(lines: list[ListedTask], page: TaskPage | Found) -> ListedTasks:
    """Return a page of a list."""
    left: shapes.SearchExtras = wire.search_extras(page) if isinstance(page, Found) else {}
    return {"tasks": lines, "total": page.total, "next_cursor": page.next, **left}


def _search(sq: SparkQ, words: str, wanted: Wanted, asked: TaskFilters) -> Found:
    return search.find_page(sq, words, wanted, sort=asked.order, limit=asked.limit, cursor=asked.cursor)


@router.get("/{task_id}")
async def get_task(sq: Open, task_id: TaskId) -> Answer[shapes.TaskHistory]:
    """Show a task with its prompt, outcome, attempts and timeline. 404 `purged` if it was purged: `purged` is its line."""
    return Answer(wire.task_history(tasks.detail(sq, task_id), sq.clock.now()))


@router.get("/{task_id}/prompts")
async def get_prompts(sq: Open, task_id: TaskId) -> Answer[Prompts]:
    """List the revisions of a task's prompt, the oldest first."""
    revisions = wire.prompts(tasks.prompts(sq, task_id))
    return Answer({"prompts": revisions, "total": len(revisions)})


@router.patch("/{task_id}")
async def edit_task(sq: Open, task_id: TaskId, body: TaskChange) -> Answer[OneTask]:
    """Change a queued task. Without any change nothing happens."""
    changes: dict[str, Any] = {
        "prompt": body.prompt, "tool": body.tool_name, "task_class": body.task_class, "timeout": body.timeout,
        "feedback": body.feedback, "revision": body.revision,
    }  # fmt: skip
    return Answer({"task": wire.task_brief(tasks.edit(sq, task_id, **changes), sq.clock.now())})


@router.delete("/{task_id}", openapi_extra=documented(DeletedAsShown))
async def delete_task(
    sq: Open, task_id: TaskId, asked: Annotated[DeletedAsShown, Depends(read(DeletedAsShown))]
) -> Answer[Deleted]:
    """Delete a task that is not running, with its history. Its id is not used again.

    With the `attempt` that was shown to you, it is refused (409 `unseen`) if another one has been made since, if a late
    text came, or if its `status` is no longer the one that you send: a result that nobody has read is not deleted.
    """
    tasks.delete(sq, task_id, seen=asked.seen_of(task_id))
    return Answer({"deleted": task_id})
