"""A tolerant front between stdin and the SDK.

The SDK chooses the protocol version of a connection at its first request. A client that first probes with
`server/discover` and then sends `initialize` (a shipped Claude Code does) is therefore refused. The front answers such
a probe itself until another request has arrived. It also replies to lines that are not JSON-RPC, which the SDK ignores.
"""

import json
from collections.abc import AsyncIterator
from typing import Any, Protocol

import anyio
from mcp_types import INVALID_REQUEST, PARSE_ERROR, JSONRPCNotification, JSONRPCRequest, jsonrpc_message_adapter
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from sparkq_core.wire import compact
from sparkq_mcp.server import SparkQServer
from sparkq_mcp.transport.first_answers import MODERN, FirstAnswers
from sparkq_mcp.transport.opening import DISCOVER
from sparkq_mcp.transport.pipes import MAX_LINE
from sparkq_mcp.transport.streams import Oversized
from sparkq_mcp.transport.usual import VERSION_KEY

WORK_SECONDS = 30.0
"""How long the requests at work may still take after stdin ended. Each ends earlier by itself: at most 10 s for the
writer's lock, 6 s for Git, and 10 s for the lock again."""

FLUSH_SECONDS = 0.5
UNSUPPORTED_PROTOCOL_VERSION = -32022


class Sink(Protocol):
    """The output for answers."""

    unanswered: set[str | int]
    """The ids of the requests at work; `write` removes the id of each answer."""

    async def write(self, text: str) -> Any: ...
    async def flush(self) -> Any: ...


class Front:
    """Yields the `lines` that the SDK should see, and answers the others on `sink`."""

    def __init__(self, lines: AsyncIterator[str], sink: Sink, server: SparkQServer, answers: FirstAnswers) -> None:
        self._lines = lines
        self._sink = sink
        self._server = server
        self._answers = answers
        self._forwarded_request = False

    def __aiter__(self) -> "Front":
        return self

    async def __anext__(self) -> str:
        while True:
            try:
                line = await anext(self._lines)
            except StopAsyncIteration:
                await self._finish_requests()
                raise
            if isinstance(line, Oversized):
                await self._answer_error(None, INVALID_REQUEST, f"A request may have {MAX_LINE:,} bytes at most.")
                continue
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValidationError:
                await self._answer_malformed(line)
                continue
            if isinstance(message, JSONRPCNotification) and '"id"' in line and "id" in json.loads(line):
                await self._answer_malformed(line)  # an invalid id, which the SDK would read as a notification
                continue
            if isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
                self._forget_cancelled((message.params or {}).get("requestId"))
            if isinstance(message, JSONRPCRequest):
                if not self._forwarded_request and message.method == DISCOVER and await self._answer_probe(message):
                    continue
                self._forwarded_request = True
                if message.method != "subscriptions/listen":  # a subscription does not end by itself
                    self._sink.unanswered.add(message.id)
            return line

    def _forget_cancelled(self, request_id: Any) -> None:
        """Wait no longer for the answer of a cancelled request. For the SDK, "7" and 7 are the same id."""
        cancelled = {known_id for known_id in self._sink.unanswered if str(known_id) == str(request_id)}
        self._sink.unanswered.difference_update(cancelled)

    async def _finish_requests(self) -> None:
        """Answer the requests at work after the client has closed its end; a waiting claim is answered without a task."""
        self._server.close()
        with anyio.move_on_after(WORK_SECONDS):
            while self._sink.unanswered:
                await anyio.sleep(0.005)
        with anyio.move_on_after(FLUSH_SECONDS):
            await self._sink.flush()

    async def _answer_malformed(self, line: str) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            await self._answer_error(None, PARSE_ERROR, "This line is not JSON.")
            return
        request_id = message.get("id") if isinstance(message, dict) else None
        if isinstance(message, dict) and "method" in message and "id" not in message:
            return  # a malformed notification: JSON-RPC forbids a reply
        if isinstance(request_id, bool) or not isinstance(request_id, str | int) or not _is_valid_unicode(request_id):
            request_id = None
        await self._answer_error(request_id, INVALID_REQUEST, "This is not a JSON-RPC 2.0 message in valid Unicode.")

    async def _answer_probe(self, request: JSONRPCRequest) -> bool:
        """Answer a probe. Returns False if it names no protocol version in its `_meta`, so that the SDK answers it."""
        meta = (request.params or {}).get("_meta")
        version = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
        if not isinstance(version, str):
            return False
        if version not in MODERN_PROTOCOL_VERSIONS:
            supported = {"supported": list(MODERN_PROTOCOL_VERSIONS), "requested": version}
            await self._answer_error(
                request.id, UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", supported
            )
            return True
        discovered = self._answers.answer(MODERN, DISCOVER, said=self._server.instructions or "")
        await self._answer({"jsonrpc": "2.0", "id": request.id, **discovered})
        return True

    async def _answer_error(self, request_id: str | int | None, code: int, message: str, data: Any = None) -> None:
        error = {"code": code, "message": message} | ({"data": data} if data is not None else {})
        await self._answer({"jsonrpc": "2.0", "id": request_id, "error": error})

    async def _answer(self, message: dict[str, Any]) -> None:
        await self._sink.write(compact(message) + "\n")
        await self._sink.flush()


def _is_valid_unicode(value: str | int) -> bool:
    return (
        isinstance(value, int) or value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
    )
