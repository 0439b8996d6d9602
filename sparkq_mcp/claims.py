"""Taking a task for a chat, at once or when one comes, and never for a client that is gone."""

from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
from mcp.server.mcpserver import Context

from sparkq_core import events, tasks
from sparkq_core.errors import SparkQError
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ
from sparkq_mcp.chat import Chat
from sparkq_mcp.state import ServerState
from sparkq_mcp.threads import worked

POLL_SECONDS = 0.1


async def take(
    ctx: Context[ServerState, Any], state: ServerState, chat: Chat, queue: str, task_id: int = 0, wait: int = 0
) -> Claim | None:
    """The head of the queue, or the task `task_id`; of an empty queue what comes within `wait` seconds, else None."""
    seen = events.last(state.sq) if wait else 0
    taken = await _taken(ctx, state.sq, chat, queue, task_id)
    started = anyio.current_time()
    while taken is None and not state.closing and (elapsed := anyio.current_time() - started) < wait:
        if int(elapsed / POLL_SECONDS) % 50 == 0:
            await ctx.report_progress(round(elapsed), wait, f"waiting for a task in {queue}")
        await anyio.sleep(POLL_SECONDS)
        if (newest := events.last(state.sq)) != seen:  # also for what this process wrote, unlike SQLite's data_version
            seen = newest
            if state.closing or await _is_gone(ctx):
                return None
            taken = await _taken(ctx, state.sq, chat, queue)
    return taken


async def _taken(ctx: Context[ServerState, Any], sq: SparkQ, chat: Chat, queue: str, task_id: int = 0) -> Claim | None:
    """One try."""
    return await kept(ctx, sq, await worked(sq, tasks.claim, queue, chat.worker, task_id=task_id or None))


async def kept(ctx: Context[ServerState, Any], sq: SparkQ, claim: Claim | None) -> Claim | None:
    """`claim`, unless nobody reads the answer to this call any more, which was cancelled or left while Git was asked:
    then the claim is given back."""
    try:
        await anyio.lowlevel.checkpoint_if_cancelled()
        if claim is None or not await _is_gone(ctx):
            return claim
    except anyio.get_cancelled_exc_class():
        _give_back(sq, claim)
        raise
    _give_back(sq, claim)
    return None


def _give_back(sq: SparkQ, claim: Claim | None) -> None:
    if claim is not None:
        with suppress(SparkQError):  # the stale rules see to it
            tasks.release(sq, claim.task.id, "Its chat had gone.", attempt=claim.task.attempts)


async def _is_gone(ctx: Context[ServerState, Any]) -> bool:
    """Whether the client has closed its HTTP request: the SDK lets a handler of the legacy era go on nevertheless."""
    request = ctx.request_context.request
    return request is not None and await request.is_disconnected()
