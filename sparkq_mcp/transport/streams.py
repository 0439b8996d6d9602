"""Standard input and output as event-loop streams: no worker thread between a request and its answer.

The SDK's own stdio reads and writes in worker threads, which is most of the cost of a call. These objects fit its
public `stdio_server(stdin=, stdout=)`. They need pipes or sockets, as MCP clients use them; for terminals and files
`open_streams` returns None, and the SDK's transport serves.
"""

import asyncio
import json
import os
import stat
import sys
from collections import deque

MAX_LINE = 8 * 1024 * 1024
"""Most bytes of one request. The longest legal one, a prompt of 1 MiB written as JSON escapes, has 6 MiB."""

HIGH_WATER = 1024 * 1024
"""Bytes of unread requests after which reading pauses."""


ANSWER = '{"jsonrpc":"2.0","id":'
_decode = json.JSONDecoder().raw_decode


class Oversized(str):
    """Replaces a line that was longer than MAX_LINE; its content is dropped."""


class Lines(asyncio.Protocol):
    """Lines of UTF-8 text from a pipe, as an asynchronous iterator."""

    def __init__(self) -> None:
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
            self.unanswered.discard(_decode(text, len(ANSWER))[0])
        if not self._gone:
            self.transport.write(text.encode("utf-8", errors="backslashreplace"))

    async def flush(self) -> None:
        """Wait until the buffer has room."""
        await self._room.wait()


def _pipe(handle: int) -> bool:
    mode = os.fstat(handle).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


async def open_streams() -> tuple[Lines, Output] | None:
    """Return streams of the process's stdin and stdout, or None if they are not pipes.

    From then on descriptor 0 is empty and descriptor 1 goes to stderr: a stray print cannot break the protocol.
    """
    if not (_pipe(0) and _pipe(1)):
        return None
    loop = asyncio.get_running_loop()
    private_in, private_out = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    _, lines = await loop.connect_read_pipe(Lines, os.fdopen(private_in, "rb", buffering=0))
    _, output = await loop.connect_write_pipe(Output, os.fdopen(private_out, "wb", buffering=0))
    return lines, output
