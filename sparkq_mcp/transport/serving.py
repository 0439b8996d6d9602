"""The server of the SDK over standard input and output, until its client has gone."""

import asyncio
from contextlib import suppress

import anyio

from sparkq_mcp.server import SparkQServer
from sparkq_mcp.transport.ending import CLOSED, SIGNALS, exit_now
from sparkq_mcp.transport.first_answers import FirstAnswers
from sparkq_mcp.transport.front import Front
from sparkq_mcp.transport.pipes import Pipes
from sparkq_mcp.transport.reception import Handover
from sparkq_mcp.transport.streams import open_streams

NOTHING = Handover((), b"", b"")


def run(server: SparkQServer, answers: FirstAnswers, client: Pipes | None, handover: Handover | None) -> None:
    """Serve the `client`, from its beginning or from the `handover`. Without pipes the SDK reads and writes the streams."""
    anyio.run(_serve, server, answers, client, handover or NOTHING)


async def _serve(server: SparkQServer, answers: FirstAnswers, client: Pipes | None, handover: Handover) -> None:
    _leave_on_signals(server)
    if client is None:
        await server.run_stdio_async()
    else:
        lines, output = await open_streams(client, handover.replay, handover.unread, handover.unsent)
        await server.serve(Front(lines, output, server, answers), output)
    server.state.leave(CLOSED)


def _leave_on_signals(server: SparkQServer) -> None:
    """From now on, end between two transactions when a signal arrives, after noting that the chat has ended."""

    def leave() -> None:
        server.state.leave(CLOSED)
        exit_now()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        with suppress(NotImplementedError):  # Windows has no signal handlers on the loop
            loop.add_signal_handler(number, leave)
