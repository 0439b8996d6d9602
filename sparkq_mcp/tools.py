"""The twelve tools. None holds a rule: each reads its arguments, calls the core, and answers."""

from contextlib import suppress
from functools import cache, partial
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from sparkq_core import inbox, queues, scripts, tasks, wire
from sparkq_core import search as core_search
from sparkq_core.changes import Execution
from sparkq_core.errors import ClaimLost, InvalidValue, QueueWaits
from sparkq_core.lifecycle import Status
from sparkq_core.model import Claim, Settled
from sparkq_core.project import SparkQ
from sparkq_core.tasks import limit
from sparkq_mcp import claims
from sparkq_mcp.answers import playbook, shapes, task_list, task_view
from sparkq_mcp.answers.claim_packet import after_release, nothing_claimed, packet, settlement
from sparkq_mcp.answers.next_step import LONGEST_WAIT, Steps
from sparkq_mcp.answers.reply import reply
from sparkq_mcp.answers.task_change import change_of
from sparkq_mcp.answers.truncation import (
    LongText,
    cut_to_fit,
    first_that_fit,
    get_task_call,
    queue_instructions_call,
    read_on,
)
from sparkq_mcp.board import BOARD
from sparkq_mcp.chat import Chat, caller, tool_use
from sparkq_mcp.state import ServerState
from sparkq_mcp.threads import in_thread
from sparkq_mcp.tool import StrictTool

Ctx = Context[ServerState, Any]
QueueName = Annotated[str, Field(description="Queue name")]
TaskId = Annotated[int, Field(description="Task id: 42 for #42")]
Attempt = Annotated[int, Field(description="The claim's attempt")]
ClaimNext = Annotated[bool, Field(description="Also claim the queue's next task")]
More = Annotated[str, Field(description="From a cut answer")]

UNREVIEWED = "unreviewed"
"""What `list_tasks` accepts besides the statuses: the finished tasks that the person has not reviewed."""

QUEUES_SIZE = 7500
"""Most bytes of the queues in one answer."""


def project_of(ctx: Ctx) -> SparkQ:
    """Return the open project. A tool asks for it once a call, since a reload may replace it at any time.

    Whatever the chat calls, a usage limit that it had reached is over."""
    state = ctx.request_context.lifespan_context
    sq = state.sq
    if not state.read_only and (chat := chat_of(ctx).found(sq)) is not None:
        limit.over(sq, chat)
    return sq


def caller_of(ctx: Ctx) -> tuple[SparkQ, Chat]:
    """Return the open project and the calling chat."""
    sq, chat = project_of(ctx), chat_of(ctx)
    if not ctx.request_context.lifespan_context.read_only:
        chat.come_back(sq)
    return sq, chat


def chat_of(ctx: Ctx) -> Chat:
    """Return the calling chat."""
    request = ctx.request_context
    client, connection = request.session.client_params, connection_of(ctx)
    state = request.lifespan_context
    info = client.client_info if client else None
    return state.chat(connection, caller(info, request.meta, state.told, state.hooked.chat(connection)))


def connection_of(ctx: Ctx) -> str | None:
    """Return the id of the connection: empty over stdio, where there is only one; None for a request without any."""
    return "" if ctx.headers is None else ctx.headers.get("mcp-session-id")


def record(ctx: Ctx, sq: SparkQ, chat: Chat, begun: Claim | None, ended: Execution | None = None) -> None:
    """Record beside the answer what the call has begun and ended."""
    tool_use_id = tool_use(ctx.request_context.meta)
    ctx.request_context.lifespan_context.record(sq, chat, begun, ended=ended, tool_use=tool_use_id)


def steps_of(ctx: Ctx) -> Steps:
    """Return the words for the next step of this server."""
    return ctx.request_context.lifespan_context.steps


async def list_queues(
    ctx: Ctx, include_archived: bool = False, cursor: str = ""
) -> Annotated[CallToolResult, shapes.QueueList]:
    """The queues with their counts of tasks."""
    sq = project_of(ctx)
    listed = [wire.queue(queue, counts) for queue, counts in queues.all_of(sq, archived=include_archived)]
    keys = shapes.QueueLine.__annotations__
    lines: list[wire.Json] = [{key: value for key, value in queue.items() if key in keys} for queue in listed]
    names = ["", *(line["name"] for line in lines)]
    if cursor not in names:
        raise InvalidValue("This cursor does not belong to a list of queues.", "Leave it out to start at the top.")
    rest = lines[names.index(cursor) :]
    shown = first_that_fit(rest, QUEUES_SIZE)
    more = {"total": len(lines), "next_cursor": shown[-1]["name"]} if len(shown) < len(rest) else {}
    return reply({"queues": shown} | more)


async def peek(
    queue: QueueName, ctx: Ctx, limit: Annotated[int, Field(ge=1, le=20)] = 1
) -> Annotated[CallToolResult, shapes.Peeked]:
    """The next tasks of a queue, by title, without claiming them."""
    return reply(task_list.next_tasks(tasks.peek(project_of(ctx), queue, limit)))


async def list_tasks(
    ctx: Ctx,
    queue: Annotated[str, Field(description="Only this queue")] = "",
    status: Annotated[str, Field(description=", ".join([*Status, UNREVIEWED]))] = "",
    search: Annotated[str, Field(description="Words of title, prompt or outcome")] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
    cursor: Annotated[str, Field(description="next_cursor of the previous page")] = "",
) -> Annotated[CallToolResult, shapes.TaskList]:
    """Tasks by title, newest first (unreviewed: oldest). A task without queue or status has the one beside the list."""
    sq = project_of(ctx)
    if status == UNREVIEWED and not search:
        waiting = inbox.unreviewed(sq, queue=queue or None, limit=limit, cursor=cursor or None)
        return reply(task_list.unreviewed_list(waiting, sq.clock.now()))
    to_review = status == UNREVIEWED
    wanted = tasks.Wanted(
        queue=queue or None,
        status=None if to_review else status or None,
        reviewed=False if to_review else None,
    )
    if search:
        found = await in_thread(
            core_search.find_page, sq, search, wanted, sort="newest", limit=limit, cursor=cursor or None
        )
        return reply(task_list.found_list(found, sq.clock.now()))
    page = tasks.list_page(sq, wanted, limit=limit, cursor=cursor or None)
    return reply(task_list.task_list(page, sq.clock.now()))


async def get_task(task_id: TaskId, ctx: Ctx, more: More = "") -> Annotated[CallToolResult, shapes.WholeTask]:
    """A whole task: prompt, outcome, attempts, timeline. Long texts are cut; more reads on."""
    sq, chat = caller_of(ctx)
    if not ctx.request_context.lifespan_context.read_only and (attempt := chat.open_attempt(sq, task_id)) is not None:
        with suppress(ClaimLost):  # it may have just been lost
            tasks.progress(sq, task_id, attempt=attempt)  # a chat that reads its task is alive
    detail = tasks.detail(sq, task_id)
    if more:
        return reply({"id": task_id} | read_on(task_view.texts_of(detail), more, get_task_call(task_id)))
    changed = await in_thread(change_of, sq, detail)
    return reply(task_view.whole_task(detail, sq.clock.now(), changed))


async def queue_instructions(
    ctx: Ctx,
    queue: Annotated[str, Field(description="Empty: the worker playbook and the scripts")] = "",
    more: More = "",
) -> Annotated[CallToolResult, shapes.Instructions]:
    """The person's instructions for the workers of this queue."""
    sq = project_of(ctx)
    if not queue:
        index = await in_thread(scripts.index, sq.config.root, sq.config.settings.script_dirs)
        return reply(playbook.how_to_work([script.name for script in index], more))
    match, text = queues.instructions(sq, queue)
    call = queue_instructions_call(match.name)
    if more:
        return reply({"queue": match.name} | read_on({"instructions": text}, more, call))
    facts = {"queue": match.name, "instructions": text, "revision": match.revision}
    return reply(cut_to_fit(facts, [LongText(facts, "instructions", "instructions", call)]))


async def enqueue(
    queue: QueueName,
    prompt: Annotated[str, Field(description="The whole task: its worker sees nothing else")],
    ctx: Ctx,
    tool_name: str = "",
    task_class: str = "",
    timeout: Annotated[int, Field(description="Seconds", ge=1)] = 0,
    key: Annotated[str, Field(description="Same key, same task: makes retries safe")] = "",
) -> Annotated[CallToolResult, shapes.Enqueued]:
    """Add a task at the end of a queue."""
    done = tasks.enqueue(
        project_of(ctx),
        queue,
        prompt,
        tool=tool_name or None,
        task_class=task_class or None,
        timeout=timeout or None,
        key=key or None,
        source="mcp",
    )
    before = {"again": True} if done.again else {}
    return reply(
        {"id": done.task.id, "queue": done.task.queue, "position": done.place} | before | {**wire.gate(done.gate)}
    )


async def claim(
    ctx: Ctx,
    queue: Annotated[str, Field(description="Queue name")] = "",
    task_id: Annotated[int, Field(description="This task instead of the next; shows your own again")] = 0,
    wait: Annotated[int, Field(description="Seconds to wait for a task, at most 3600", ge=0, le=LONGEST_WAIT)] = 0,
) -> Annotated[CallToolResult, shapes.Packet]:
    """Take the next task: prompt, how to execute it, deadline, feedback on earlier attempts, the queue's instructions. task is null when the queue is empty."""
    sq, chat = caller_of(ctx)
    if not (queue or task_id):
        known = ", ".join(name for name, _ in queues.with_work(sq)) or "none has tasks"
        raise InvalidValue("claim needs a queue or a task_id.", f"Queues with tasks: {known}.")
    if task_id and (attempt := chat.take_over(sq, task_id)) is not None:
        tasks.progress(sq, task_id, attempt=attempt)
        return reply(packet(sq, chat, steps_of(ctx), tasks.claim_again(sq, task_id, attempt=attempt)))
    started = sq.clock.monotonic()
    wait = 0 if wait and queue and not task_id and chat.spent(sq, queue) else wait
    try:
        claimed = await claims.claim(ctx, sq, chat, queue, task_id, wait)
    except QueueWaits:  # an answer, not an error: nothing that the chat does changes it
        claimed, queue = None, tasks.get(sq, task_id).queue
    sq = project_of(ctx)  # the database may have been replaced in the meantime
    if claimed is None:
        waited = round(sq.clock.monotonic() - started) if wait else 0
        return reply(nothing_claimed(sq, chat, steps_of(ctx), queue, waited))
    record(ctx, sq, chat, claimed)
    return reply(packet(sq, chat, steps_of(ctx), claimed))


async def progress(
    task_id: TaskId,
    ctx: Ctx,
    note: Annotated[str, Field(description="One line for the person")] = "",
    attempt: Attempt = 0,
) -> Annotated[CallToolResult, shapes.Progressed]:
    """Report that you still work on a claimed task; extends its deadline."""
    sq, chat = caller_of(ctx)
    number = attempt or tasks.attempt_of(sq, "progress", task_id, chat.found(sq), note)
    task = tasks.progress(sq, task_id, note, attempt=number)
    return reply({"id": task.id, "deadline": wire.task_brief(task, sq.clock.now())["deadline"]})


async def complete(
    task_id: TaskId,
    result: Annotated[str, Field(description="What you did and how you checked it")],
    ctx: Ctx,
    data: Annotated[Any, Field(description="JSON for programs")] = None,
    attempt: Attempt = 0,
    claim_next: ClaimNext = False,
) -> Annotated[CallToolResult, shapes.Settlement]:
    """Settle a claimed task as done. The person reviews the result later."""
    sq, chat = caller_of(ctx)
    number = attempt or tasks.attempt_of(sq, "complete", task_id, chat.found(sq), result)
    given = {"data": data, "attempt": number, **_next_for(chat, claim_next)}
    settled = tasks.complete_at_once(sq, task_id, result, **given)
    if settled is None:  # Git looks at the files, which takes a while
        settled = await in_thread(partial(tasks.complete, sq, task_id, result, **given))
    return await _settlement(ctx, sq, chat, settled, claim_next)


async def fail(
    task_id: TaskId,
    error: Annotated[str, Field(description="What you tried and what stopped you")],
    ctx: Ctx,
    error_type: Annotated[str, Field(description="Its kind in one word")] = "",
    attempt: Attempt = 0,
    claim_next: ClaimNext = False,
) -> Annotated[CallToolResult, shapes.Settlement]:
    """Settle a claimed task as failed. The person may requeue it with feedback."""
    sq, chat = caller_of(ctx)
    number = attempt or tasks.attempt_of(sq, "fail", task_id, chat.found(sq), error)
    settled = tasks.fail(
        sq, task_id, error, error_type=error_type or None, attempt=number, **_next_for(chat, claim_next)
    )
    return await _settlement(ctx, sq, chat, settled, claim_next)


def _next_for(chat: Chat, claim_next: bool) -> dict[str, Any]:
    """Return the arguments that let a settlement claim the next task for this chat."""
    return {"next_for": chat.worker, "chat": chat.claiming()} if claim_next else {}


async def _settlement(ctx: Ctx, sq: SparkQ, chat: Chat, settled: Settled, claim_next: bool) -> CallToolResult:
    claim = settled.claimed
    if claim is not None and not settled.again:  # a claim that was handed out before may be worked on
        settled = settled._replace(claimed=await claims.release_if_gone(ctx, sq, chat.remember(claim)))
    if not settled.again:
        record(ctx, sq, chat, settled.claimed, Execution(settled.task.id, settled.attempt))
    return reply(settlement(sq, chat, steps_of(ctx), settled, claim_next))


async def release(
    task_id: TaskId,
    ctx: Ctx,
    reason: str = "",
    question: str = "",
    attempt: Attempt = 0,
) -> Annotated[CallToolResult, shapes.Released]:
    """Return a claimed task. With a question it waits for the person."""
    sq, chat = caller_of(ctx)
    number = attempt or tasks.attempt_of(sq, "release", task_id, chat.found(sq), question or reason)
    task = tasks.release(sq, task_id, reason, question=question or None, attempt=number)
    record(ctx, sq, chat, None, Execution(task_id, number))
    return reply({"id": task.id, "status": task.status, "next": after_release(sq, steps_of(ctx), task)})


async def requeue(
    task_id: TaskId,
    ctx: Ctx,
    feedback: Annotated[str, Field(description="For the next worker")] = "",
    front: bool = False,
) -> Annotated[CallToolResult, shapes.Requeued]:
    """Put a failed task back in its queue."""
    done = tasks.requeue(project_of(ctx), task_id, feedback=feedback or None, front=front, by_worker=True)
    return reply({"id": done.task.id, "status": done.task.status, "position": done.place})


@cache
def all_tools() -> tuple[StrictTool, ...]:
    """Return the twelve tools, in the order in which a worker needs them. Built once, since their schemas take a while."""
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
