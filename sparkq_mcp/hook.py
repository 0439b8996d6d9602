"""The tool that only the hooks of a client call. `tools/list` does not show it, so it costs no model a token."""

import logging
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent

from sparkq_core.chat_hooks.answer import Answer
from sparkq_core.errors import SparkQError
from sparkq_core.storage.aside import aside
from sparkq_core.wire import compact
from sparkq_mcp.hearing import NOTHING, hear
from sparkq_mcp.offer import HOOK
from sparkq_mcp.tools import Ctx, chat_of, connection_of

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
    """Take what a client's hook tells about a chat."""
    return hear(ctx.request_context.lifespan_context, connection_of(ctx), arguments, lambda: chat_of(ctx))


def hook_tool() -> HookTool:
    """Return the tool. Its arguments are checked by nobody but itself."""
    tool = HookTool.from_function(hook, name=HOOK, structured_output=False)
    tool.parameters = {"type": "object"}
    return tool  # type: ignore[return-value]  # from_function is typed for its base class
