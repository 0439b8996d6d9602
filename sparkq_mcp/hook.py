"""The tool that only the hooks of a client call. `tools/list` does not show it, so it costs no model a token.

A hook knows which chat it is about, where the process of a server may not: after /clear it serves another one.
"""

import logging
import os
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent

from sparkq_core.chat_hooks.answer import Answer, Speaker, answer, asks, leave, refused
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.errors import NoProject, SparkQError
from sparkq_core.storage.aside import aside
from sparkq_core.wire import compact
from sparkq_mcp.tools import Ctx, chat_of, connection_of

HOOK = "hook"
NOTHING: Answer = {}
CLIENT_PROCESS = str(os.getppid())
"""The client: it starts another server at any time, but a chat that is resumed has another client."""

LEFT = "another chat began in its client"
"""Why a chat is gone."""

log = logging.getLogger("sparkq.mcp")


class HookTool(Tool):
    """A tool that accepts everything and answers what a client's hook expects. It never ends in an error: a hook that
    fails disturbs the chat of a person who may not even use SparkQ there."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ARG002  # the result is a CallToolResult already
        """Answer the hook; with nothing whatever goes wrong."""
        try:
            said = await aside(lambda: hook(arguments, context))
        except SparkQError as refused:
            log.warning("hook: %s", refused.message)
            said = NOTHING
        except Exception:  # of any kind: a hook that fails disturbs the chat
            log.exception("a hook failed")
            said = NOTHING
        return CallToolResult(content=[TextContent(type="text", text=compact(said))])


async def hook(arguments: dict[str, Any], ctx: Ctx) -> Answer:
    """Take what a client's hook tells about a chat: the fields of `chat_hooks.event`."""
    event, connection = HookEvent.of(arguments), connection_of(ctx)
    state = ctx.request_context.lifespan_context
    if connection is None or not event.session or state.read_only:
        return NOTHING
    try:
        return await _heard(ctx, event, connection)
    except NoProject as error:
        return refused(event, error) if asks(event) else NOTHING


async def _heard(ctx: Ctx, event: HookEvent, connection: str) -> Answer:
    state = ctx.request_context.lifespan_context
    told = state.hooked.hearing(connection, event)
    sq, before = state.sq, chat_of(ctx)
    if before.caller.session not in (None, told.session):
        leave(sq, before.caller._replace(id=before.found(sq)), LEFT)
    state.hooked.hear(connection, told)
    chat = chat_of(ctx)
    call = state.hooked.call(event.call) if event.call else None
    if call is not None:
        event = event._replace(handed_out=((call.begun.task, call.begun.attempt),) if call.begun else ())
    said = answer(
        sq, event, Speaker(chat.caller._replace(id=chat.found(sq)), chat.worker, None if connection else CLIENT_PROCESS)
    )
    if call is not None and event.folder is not None:
        state.record_again(sq, call, event.folder)
    return said


def hook_tool() -> HookTool:
    """Return the tool. Its arguments are checked by nobody but itself."""
    tool = HookTool.from_function(hook, name=HOOK, structured_output=False)
    tool.parameters = {"type": "object"}
    return tool  # type: ignore[return-value]  # from_function is typed for its base class
