"""`sparkq runner`: print the tasks of a queue one at a time, for chats without MCP."""

from sparkq_cli.runner.loop import work
from sparkq_cli.runner.waiting import Mode, Runner

__all__ = ["Mode", "Runner", "work"]
