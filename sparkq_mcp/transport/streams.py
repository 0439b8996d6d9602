"""Standard input and output as event-loop streams: no worker thread between a request and its answer.

The SDK's own stdio reads and writes in worker threads, which is most of the cost of a call. These objects fit its
public `stdio_server(stdin=, stdout=)`. They need pipes or sockets, as MCP clients use them; for terminals and files
the SDK's transport serves.
"""

import asyncio
import json
import os
from collections import deque
from collections.abc import Sequence

from sparkq_mcp.transport.opening import Replayed
from sparkq_mcp.transport.pipes import MAX_LINE, Pipes

HIGH_WATER = 1024 * 1024
"""Bytes of unread requests after which reading pauses."""


ANSWER = '{"jsonrpc":"2.0","id":'
_decode = json.JSONDecoder().raw_decode


class Oversized(str):
    """Replaces a line that was longer than MAX_LINE; its content is dropped."""


class Lines(asyncio.Protocol):
    """Lines of UTF-8 text from a pipe, as an asynchronous iterator. They begin with what was read before: `begun`."""

    def __init__(self, begun: bytes = b"") -> None:
        self._begun = begun
        self._ready: deque[tuple[str, int]] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._partial = bytearray()
        self._pending = 0
        self._skipping = False
        self._ended = False
        self._transport: asyncio.ReadTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.ReadTransport):
            self._transport = transport
            self.data_received(self._begun)

    def data_received(self, data: bytes) -> None:
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._finish(piece)
        self._grow(rest)
        if self._pending > HIGH_WATER and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        if self._partial:
            self._finish(b"")
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._ended = True
        self._wake()

    def _grow(self, piece: bytes) -> None:
        if self._skipping or len(self._partial) + len(piece) > MAX_LINE:
            self._skipping = True
            self._partial.clear()
        else:
            self._partial += piece

    def _finish(self, piece: bytes) -> None:
        self._grow(piece)
        if self._skipping:
            self._ready.append((Oversized(), 0))
        elif line := self._partial.strip():
            self._ready.append((line.decode("utf-8", errors="replace"), len(line)))
            self._pending += len(line)
        self._skipping = False
        self._partial.clear()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def __aiter__(self) -> "Lines":
        return self

    async def __anext__(self) -> str:
        while not self._ready:
            if self._ended:
                raise StopAsyncIteration
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        line, size = self._ready.popleft()
        self._pending -= size  # bytes, as they were added: a line has fewer characters
        if self._pending < HIGH_WATER and self._transport is not None and not self._ended:
            self._transport.resume_reading()
        return line


class Output(asyncio.BaseProtocol):
    """Text into a pipe. `flush` waits while the client does not read, without blocking the loop."""

    transport: asyncio.WriteTransport

    def __init__(self) -> None:
        self.unanswered: set[str | int] = set()
        self.replayed: dict[str, Replayed] = {}
        """The lines that the SDK is shown again, by their ids. The client has their answers."""
        self.acknowledged: set[str] = set()
        """What the client has heard of its subscriptions, and the SDK will say again."""
        self._room = asyncio.Event()
        self._room.set()
        self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._gone = True
        self._room.set()

    async def write(self, text: str) -> None:
        """Put `text` into the buffer, or drop it if the client has gone."""
        if text.startswith(ANSWER):
            request_id = _decode(text, len(ANSWER))[0]
            self.unanswered.discard(request_id)
            if request_id in self.replayed:
                replayed = self.replayed.pop(request_id)
                text = replayed.news if text != replayed.answer else ""
        elif text in self.acknowledged:
            self.acknowledged.remove(text)
            return
        if not self._gone:
            self.transport.write(text.encode("utf-8", errors="backslashreplace"))

    async def flush(self) -> None:
        """Wait until the buffer has room."""
        await self._room.wait()


async def open_streams(
    pipes: Pipes, replay: Sequence[Replayed] = (), unread: bytes = b"", unsent: bytes = b""
) -> tuple[Lines, Output]:
    """Return streams of the pipes to the client.

    The lines begin with those to `replay`, whose answers are not sent again, and with the bytes that were `unread`. The
    output begins with the bytes that were `unsent`.
    """
    begun = b"".join(each.line.encode() + b"\n" for each in replay) + unread
    loop = asyncio.get_running_loop()
    _, output = await loop.connect_write_pipe(Output, os.fdopen(pipes.writes, "wb", buffering=0))
    output.replayed = {each.request_id: each for each in replay if each.request_id}
    output.acknowledged = {each.answer for each in replay if each.answer and not each.request_id}
    output.transport.write(unsent)
    _, lines = await loop.connect_read_pipe(lambda: Lines(begun), os.fdopen(pipes.reads, "rb", buffering=0))
    return lines, output
