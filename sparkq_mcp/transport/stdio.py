"""`sparkq mcp`: SparkQ over standard input and output, for one chat."""

import asyncio
import gc
import logging
import os
import signal
import sys
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

CLOSED = "its client closed the connection"
"""Why a chat is gone."""


def main(arguments: list[str] | None = None) -> None:
    """Serve until the client closes stdin, or SIGTERM or SIGINT arrives. All state is in the database by then."""
    parser = ArgumentParser(prog="sparkq mcp", description="Serve this project's queues over MCP on stdin and stdout.")
    parser.add_argument(
        "--project", type=Path, metavar="PATH", help="a folder of the project (default: where it is started)"
    )
    parser.add_argument("--read-only", action="store_true", help="offer only the tools that change nothing")
    parser.add_argument("--tools", default="", metavar="NAMES", help="offer only these tools: claim,complete,fail")
    parser.add_argument(
        "--needs-project", action="store_true", help="offer no tools where nothing was set up, until something is"
    )
    options = parser.parse_args(arguments)
    # One line per record. Set before MCPServer adds its own handler to the root logger.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_now)
    # A client that stops reading must not kill the process, as it may in other `sparkq` commands: the answer is
    # dropped, and its claims fail by the stale rules unless they are settled.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    gc.disable()  # imports make no garbage: 44 ms less until the first answer
    import anyio

    from sparkq_core.config.loading import environment
    from sparkq_core.errors import InvalidValue
    from sparkq_mcp.chat import Told
    from sparkq_mcp.server import build
    from sparkq_mcp.state import project_opener

    only = [name.strip() for name in options.tools.split(",") if name.strip()]
    try:
        variables = environment()
        told = Told.by(variables, _folder())
        server = build(
            project_opener(options.project, variables),
            read_only=options.read_only,
            only=only,
            told=told,
            needs_project=options.needs_project,
        )
    except InvalidValue as error:
        parser.error(f"{error.message} {error.hint}")
    gc.enable()
    gc.freeze()
    anyio.run(_serve, server)
    _exit_now()


def _folder() -> str | None:
    """Return the folder in which the client started the server, None if it was removed."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


async def _serve(server: Any) -> None:
    _leave_on_signals(server)
    from sparkq_mcp.transport.front import Front
    from sparkq_mcp.transport.streams import open_streams

    streams = await open_streams()
    if streams is None:
        await server.run_stdio_async()
    else:
        lines, output = streams
        await server.serve(Front(lines, output, server), output)
    server.state.leave(CLOSED)


def _leave_on_signals(server: Any) -> None:
    """From now on, end between two transactions when a signal arrives, after noting that the chat has ended."""

    def leave() -> None:
        server.state.leave(CLOSED)
        _exit_now()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no signal handlers on the loop
            loop.add_signal_handler(number, leave)


def _exit_now(*_: Any) -> None:
    """Exit at once. Every transition is a committed transaction, so there is nothing to clean up."""
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
