"""Claim for a chat, at once or when a task arrives, but not for a client that has gone."""

from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
from mcp.server.mcpserver import Context

from sparkq_core import events, tasks
from sparkq_core.errors import NoProject, Replaced, SparkQError
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ
from sparkq_core.storage.aside import aside
from sparkq_mcp.chat import Chat
from sparkq_mcp.state import ServerState

POLL_SECONDS = 0.1
NOTICE_SECONDS = 5

Ctx = Context[ServerState, Any]


async def claim(ctx: Ctx, sq: SparkQ, chat: Chat, queue: str, task_id: int = 0, wait: int = 0) -> Claim | None:
    """Claim the head of the queue, or the task `task_id`; in an empty queue, a task that arrives within `wait` seconds."""
    last_event = events.last(sq) if wait else 0
    claimed = tasks.claim(sq, queue or None, chat.worker, task_id=task_id or None, chat=chat.claiming())
    if claimed is not None:
        return await release_if_gone(ctx, sq, chat.remember(claimed))
    return await _wait(ctx, sq, chat, queue, wait, last_event) if wait else None


async def _wait(ctx: Ctx, sq: SparkQ, chat: Chat, queue: str, seconds: int, last_event: int) -> Claim | None:
    """Try again after each event, until a task is claimed, the time is up, or the client or the server ends."""
    state, started, noticed = ctx.request_context.lifespan_context, anyio.current_time(), -1.0
    while not state.closing and (elapsed := anyio.current_time() - started) < seconds:
        if elapsed // NOTICE_SECONDS > noticed:
            noticed = elapsed // NOTICE_SECONDS
            await ctx.report_progress(round(elapsed), seconds, f"waiting for a task in {queue}")
        await anyio.sleep(POLL_SECONDS)
        try:
            now = state.sq  # an event may be a reload, and the database may be replaced
            newest = events.last(now)  # unlike SQLite's data_version, it changes with this process's writes too
        except (NoProject, Replaced):
            continue  # another database may come
        if newest == last_event and now is sq:
            continue
        sq, last_event = now, newest
        if state.closing or await _is_gone(ctx):
            return None
        if (claimed := await aside(partial(claim, ctx, sq, chat, queue))) is not None:  # a wait is not begun again
            return claimed
    return None


async def release_if_gone(ctx: Ctx, sq: SparkQ, claim: Claim) -> Claim | None:
    """`claim`, or None after releasing it because the call was cancelled or left while Git ran."""
    try:
        await anyio.lowlevel.checkpoint_if_cancelled()
        if not await _is_gone(ctx):
            return claim
    except anyio.get_cancelled_exc_class():
        _release(sq, claim)
        raise
    _release(sq, claim)
    return None


def _release(sq: SparkQ, claim: Claim) -> None:
    with suppress(SparkQError):  # else it becomes stale and fails
        tasks.release(sq, claim.task.id, "Its chat had gone.", attempt=claim.task.attempts)


async def _is_gone(ctx: Ctx) -> bool:
    """True if the client closed its HTTP request: the SDK lets a handler of the legacy era go on nevertheless."""
    request = ctx.request_context.request
    return request is not None and await request.is_disconnected()
