"""The twelve tools. None holds a rule: each reads its arguments, calls the core, and answers."""

from contextlib import suppress
from functools import cache
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from sparkq_core import queues, scripts, stale, tasks, wire
from sparkq_core import search as core_search
from sparkq_core.errors import ClaimLost, InvalidValue
from sparkq_core.model import Settled, Task
from sparkq_mcp import claims
from sparkq_mcp.answers import claim_packet, playbook, shapes, task_view
from sparkq_mcp.answers.reply import first_fitting, reply
from sparkq_mcp.answers.truncation import LIMIT, Long, begun, fitted, page, short
from sparkq_mcp.board import BOARD
from sparkq_mcp.chat import Chat
from sparkq_mcp.state import ServerState
from sparkq_mcp.threads import aside, worked
from sparkq_mcp.tool import StrictTool

Ctx = Context[ServerState, Any]
QueueName = Annotated[str, Field(description="Queue name")]
TaskId = Annotated[int, Field(description="Task id: 42 for #42")]
Attempt = Annotated[int, Field(description="Needed for another chat's claim")]
ClaimNext = Annotated[bool, Field(description="Return the queue's next task too")]
More = Annotated[str, Field(description="From a cut answer")]

QUEUES_SIZE = 7500
"""Bytes of the queues of one answer."""

LINE_SIZE = 77
"""Bytes that a listed task may take on average: 20 of them take 1.5 KB."""

LIST_SIZE = 600
"""Bytes that a list of few tasks may take in any case."""

FORMS = tuple((title, age) for age, shortest in ((True, 40), (False, 2)) for title in range(80, shortest - 1, -2))
"""How a list's lines may look, best first: characters of a title, and whether the age is told."""

SHORT = 12
"""Characters that a title keeps, unless an answer could not carry its list otherwise."""


def chat_of(ctx: Ctx) -> Chat:
    """The chat that is calling."""
    request = ctx.request_context
    client = request.session.client_params
    headers = ctx.headers
    connection = "" if headers is None else headers.get("mcp-session-id")
    return request.lifespan_context.chat(connection, client.client_info.name if client else None)


def state_of(ctx: Ctx) -> ServerState:
    """The project that it works on."""
    return ctx.request_context.lifespan_context


async def list_queues(
    ctx: Ctx, include_archived: bool = False, cursor: str = ""
) -> Annotated[CallToolResult, shapes.QueueList]:
    """The queues and how many of their tasks are queued, running, stale, succeeded, failed and unreviewed."""
    sq = state_of(ctx).sq
    stale.sweep(sq)
    keys = ("name", "status", "queued", "running", "stale", "succeeded", "failed", "unreviewed")
    found = [wire.queue(queue, counts) for queue, counts in queues.all_of(sq, archived=include_archived)]
    lines: list[wire.Json] = [{key: value for key, value in one.items() if key in keys} for one in found]
    names = ["", *(line["name"] for line in lines)]
    if cursor not in names:
        raise InvalidValue("This cursor is of no list of queues.", "Leave it out to begin anew.")
    rest = lines[names.index(cursor) :]
    shown = begun(rest, QUEUES_SIZE)
    more = {"total": len(lines), "next_cursor": shown[-1]["name"]} if len(shown) < len(rest) else {}
    return reply({"queues": shown} | more)


async def peek(
    queue: QueueName, ctx: Ctx, limit: Annotated[int, Field(ge=1, le=20)] = 1
) -> Annotated[CallToolResult, shapes.Peeked]:
    """The next tasks of a queue, by title, without claiming them."""
    found = tasks.peek(state_of(ctx).sq, queue, limit)

    def lines(title: int) -> list[wire.Json]:
        return [
            {"id": task.id, "title": short(task.title, title), "task_class": task.task_class, "tool_name": task.tool}
            for task in found.tasks
        ]

    return first_fitting(({"tasks": lines(title), "total": found.total}, LIMIT) for title, _ in FORMS)


async def list_tasks(
    ctx: Ctx,
    queue: Annotated[str, Field(description="Only this queue")] = "",
    status: Annotated[str, Field(description="queued, running, succeeded or failed")] = "",
    search: Annotated[str, Field(description="Words of title, prompt or outcome")] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
    cursor: Annotated[str, Field(description="next_cursor of the page before")] = "",
) -> Annotated[CallToolResult, shapes.TaskList]:
    """Tasks by title, newest first. The queue and status that most of them have stand once, beside the list."""
    sq = state_of(ctx).sq
    wanted = tasks.Wanted(queue=queue or None, status=status or None)
    if search:
        found = await aside(core_search.find_page, sq, search, wanted, limit=limit, cursor=cursor or None)
    else:
        found = tasks.list_page(sq, wanted, limit=limit, cursor=cursor or None)
    now = sq.clock.now()
    count = len(found.tasks)
    common = {
        key: max(values, key=values.count)
        for key in ("queue", "status")
        if (values := [getattr(task, key) for task in found.tasks])
    }
    room = max(LIST_SIZE, LINE_SIZE * count)
    about = {"shown": count if count < found.total else None, "total": found.total, "next_cursor": found.next}

    def listed(title: int, age: bool) -> wire.Json:
        lines = [_line(task, now, common, title, age) for task in found.tasks]
        return wire.present({**common, "tasks": lines, **about})

    return first_fitting((listed(title, age), room if title > SHORT else LIMIT) for title, age in FORMS)


def _line(task: Task, now: int, common: dict[str, str], title: int, age: bool) -> wire.Json:
    """A task of a list, without what it has in common with most."""
    return wire.present(
        {
            "id": task.id,
            **{key: value for key in common if (value := getattr(task, key)) != common[key]},
            "title": short(task.title, title),
            "stale": wire.stale(task, now),
            "age_s": max(0, now - task.created_at) // 1000 if age else None,
        }
    )


async def get_task(task_id: TaskId, ctx: Ctx, more: More = "") -> Annotated[CallToolResult, shapes.Whole]:
    """A task whole: prompt, outcome, attempts, timeline. Long texts are cut; more reads on."""
    sq, chat = state_of(ctx).sq, chat_of(ctx)
    if chat.holds(sq, task_id):
        with suppress(ClaimLost):  # since that look: the task can be read all the same
            tasks.progress(sq, task_id, attempt=chat.handed[task_id])  # whoever asks about its own task is alive
    found = tasks.detail(sq, task_id)
    if more:
        return reply({"id": task_id} | page(task_view.texts_of(found), more, task_view.reading_on(task_id)))
    return reply(task_view.whole(found, sq.clock.now()))


async def queue_instructions(
    ctx: Ctx,
    queue: Annotated[str, Field(description="Empty: how to work any queue, and the scripts")] = "",
    more: More = "",
) -> Annotated[CallToolResult, shapes.Instructions]:
    """What the person wrote for whoever works this queue."""
    sq = state_of(ctx).sq
    if not queue:
        known = await aside(scripts.index, sq.config.root, sq.config.settings.script_dirs)
        return reply(playbook.told([one.name for one in known], more))
    found, text = queues.instructions(sq, queue)
    if more:
        return reply(
            {"queue": found.name} | page({"instructions": text}, more, claim_packet.instructions_of(found.name))
        )
    chat_of(ctx).shown[found.id] = found.revision
    told = {"queue": found.name, "instructions": text, "revision": found.revision}
    return reply(fitted(told, [Long(told, "instructions", "instructions", claim_packet.instructions_of(found.name))]))


async def enqueue(
    queue: QueueName,
    prompt: Annotated[str, Field(description="The whole task: its worker sees nothing else")],
    ctx: Ctx,
    tool_name: str = "",
    task_class: str = "",
    timeout: Annotated[int, Field(description="Seconds", ge=0)] = 0,
    key: Annotated[str, Field(description="Same key, same task: makes retries safe")] = "",
) -> Annotated[CallToolResult, shapes.InLine]:
    """Add a task at the end of a queue."""
    done = tasks.enqueue(
        state_of(ctx).sq,
        queue,
        prompt,
        tool=tool_name or None,
        task_class=task_class or None,
        timeout=timeout or None,
        key=key or None,
        source="mcp",
    )
    return reply({"id": done.task.id, "queue": done.task.queue, "position": done.place})


async def claim(
    queue: QueueName,
    ctx: Ctx,
    task_id: Annotated[int, Field(description="This task instead of the next")] = 0,
    wait: Annotated[int, Field(description="Seconds to wait for a task", ge=0, le=50)] = 0,
) -> Annotated[CallToolResult, shapes.Packet]:
    """Take the next task: prompt, how to execute it, deadline, feedback on earlier attempts, new queue instructions. task is null when the queue is empty."""
    state, chat = state_of(ctx), chat_of(ctx)
    if chat.holds(state.sq, task_id):
        tasks.progress(state.sq, task_id, attempt=chat.handed[task_id])
        return reply(
            claim_packet.of_claim(state, chat, tasks.claim_again(state.sq, task_id, attempt=chat.handed[task_id]))
        )
    return reply(claim_packet.of_claim(state, chat, await claims.take(ctx, state, chat, queue, task_id, wait)))


async def progress(
    task_id: TaskId,
    ctx: Ctx,
    note: Annotated[str, Field(description="One line for the person")] = "",
    attempt: Attempt = 0,
) -> Annotated[CallToolResult, shapes.Progressed]:
    """Say that a claimed task is still being worked on; moves its deadline."""
    state = state_of(ctx)
    task = tasks.progress(state.sq, task_id, note, attempt=chat_of(ctx).attempt(state.sq, "progress", task_id, attempt))
    return reply({"id": task.id, "deadline": wire.task_brief(task, state.sq.clock.now())["deadline"]})


async def complete(
    task_id: TaskId,
    result: Annotated[str, Field(description="What was done and how it was checked")],
    ctx: Ctx,
    data: Annotated[Any, Field(description="JSON for programs")] = None,
    attempt: Attempt = 0,
    claim_next: ClaimNext = False,
) -> Annotated[CallToolResult, shapes.Settlement]:
    """Settle a claimed task as done. The person reviews the result later."""
    state, chat = state_of(ctx), chat_of(ctx)
    number = chat.attempt(state.sq, "complete", task_id, attempt)
    worker = chat.worker if claim_next else None
    done = await worked(state.sq, tasks.complete, task_id, result, data=data, attempt=number, next_for=worker)
    return await _settled(ctx, state, chat, done, claim_next)


async def fail(
    task_id: TaskId,
    error: Annotated[str, Field(description="What was tried and what stopped it")],
    ctx: Ctx,
    error_type: Annotated[str, Field(description="One word for it")] = "",
    attempt: Attempt = 0,
    claim_next: ClaimNext = False,
) -> Annotated[CallToolResult, shapes.Settlement]:
    """Settle a claimed task as failed. The person may requeue it with feedback."""
    state, chat = state_of(ctx), chat_of(ctx)
    number = chat.attempt(state.sq, "fail", task_id, attempt)
    worker = chat.worker if claim_next else None
    kind = error_type or None
    done = await worked(state.sq, tasks.fail, task_id, error, error_type=kind, attempt=number, next_for=worker)
    return await _settled(ctx, state, chat, done, claim_next)


async def _settled(ctx: Ctx, state: ServerState, chat: Chat, done: Settled, claim_next: bool) -> CallToolResult:
    chat.gave_back(done.task.id)
    done = done._replace(claimed=await claims.kept(ctx, state.sq, done.claimed))
    found = wire.settled(done)
    if done.claimed is None:
        return reply(found | claim_packet.of_none(state, chat, done, claim_next))
    claimed = claim_packet.of_claim(state, chat, done.claimed)
    return reply(found | {"remaining": claimed.pop("remaining"), "next": claimed.pop("next"), "claimed": claimed})


async def release(
    task_id: TaskId, ctx: Ctx, reason: str = "", attempt: Attempt = 0
) -> Annotated[CallToolResult, shapes.Standing]:
    """Give a claimed task back to its old place in the queue."""
    sq, chat = state_of(ctx).sq, chat_of(ctx)
    task = tasks.release(sq, task_id, reason, attempt=chat.attempt(sq, "release", task_id, attempt))
    chat.gave_back(task_id)
    return reply({"id": task.id, "status": task.status})


async def requeue(
    task_id: TaskId,
    ctx: Ctx,
    feedback: Annotated[str, Field(description="For the next worker")] = "",
    front: bool = False,
) -> Annotated[CallToolResult, shapes.Requeued]:
    """Put a failed task back in its queue."""
    done = tasks.requeue(state_of(ctx).sq, task_id, feedback=feedback or None, front=front)
    return reply({"id": done.task.id, "status": done.task.status, "position": done.place})


@cache
def all_tools() -> tuple[StrictTool, ...]:
    """The twelve, in the order in which a worker meets them. Made once: their schemas take a while."""
    return (
        StrictTool.of(list_queues, title="List queues", read_only=True, meta={"ui": {"resourceUri": BOARD}}),
        StrictTool.of(peek, title="Peek at a queue", read_only=True),
        StrictTool.of(claim, title="Claim a task", idempotent=False),
        StrictTool.of(complete, title="Complete a task"),
        StrictTool.of(fail, title="Fail a task"),
        StrictTool.of(progress, title="Report progress"),
        StrictTool.of(release, title="Release a task"),
        StrictTool.of(requeue, title="Requeue a task"),
        StrictTool.of(enqueue, title="Enqueue a task", idempotent=False),  # a retry without a key adds another
        StrictTool.of(queue_instructions, title="Read a queue's instructions", read_only=True),
        StrictTool.of(list_tasks, title="List tasks", read_only=True),
        StrictTool.of(get_task, title="Read a task", read_only=True),
    )
