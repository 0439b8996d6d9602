"""Two ways to talk to the server: a real client in memory, and raw JSON-RPC lines to the real process."""

import json
import os
import select
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mcp import Client
from mcp_types import CallToolResult, TextContent

from sparkq_core.project import SparkQ
from sparkq_mcp.server import build
from tests.harness.fork_server import PipedProgram
from tests.harness.projects import TOP, second_handle

Message = dict[str, Any]

ERAS = ("auto", "legacy")
HANDSHAKES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = "2026-07-28"
DEADLINE = 40.0
"""Seconds, fewer than a claim waits in these tests: an answer that comes only after that wait is too late."""


@asynccontextmanager
async def chat(sq: SparkQ, era: str = "auto") -> AsyncIterator[Client]:
    """A client of the server over the project of `sq`."""
    async with Client(build(lambda: second_handle(sq)), mode=era) as client:
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> Message:
    """A tool's answer, which must be the same as text and as structured content."""
    answer = await client.call_tool(tool, arguments)
    assert isinstance(answer, CallToolResult)
    (content,) = answer.content
    assert isinstance(content, TextContent)
    assert answer.structured_content is not None
    assert json.dumps(answer.structured_content, ensure_ascii=False, separators=(",", ":")) == content.text
    return {**answer.structured_content, **({"is_error": True} if answer.is_error else {})}


class Raw(PipedProgram):
    """`sparkq mcp` as a process, spoken to in lines. `program` is its module, after one that may run it."""

    program: tuple[str, ...] = ("sparkq_mcp.transport.stdio",)

    def __init__(self, project: Path, *options: str, session: str = "", client: str = "raw client") -> None:
        super().__init__(
            *(*self.program, "--project", str(project), *options),
            folder=TOP,
            environment={**os.environ, "CLAUDE_CODE_SESSION_ID": session},
        )
        self._read = b""
        self._client = client
        self.patience = DEADLINE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def send(self, line: str | bytes | Message) -> None:
        """Write one line."""
        raw = json.dumps(line).encode() if isinstance(line, dict) else line.encode() if isinstance(line, str) else line
        self.stdin.write(raw + b"\n")
        self.stdin.flush()

    def receive(self, seconds: float | None = None) -> Message:
        """The next line, which must be JSON-RPC."""
        end = time.monotonic() + (self.patience if seconds is None else seconds)
        while b"\n" not in self._read:
            ready, _, _ = select.select([self.stdout], [], [], max(0.0, end - time.monotonic()))
            assert ready, "nothing came"
            part = os.read(self.stdout.fileno(), 1 << 16)
            assert part, "the server has closed its output"
            self._read += part
        line, _, self._read = self._read.partition(b"\n")
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return dict(message)

    def answer(self, request_id: Any) -> Message:
        """The answer to a request; notifications before it are passed over."""
        while "method" in (message := self.receive()):
            pass
        assert message["id"] == request_id
        return message

    def ask(self, method: str, params: Message | None = None, request_id: Any = 1) -> Message:
        """Send a request and wait for its answer."""
        self.send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}})
        return self.answer(request_id)

    def initialize(self, version: str = "2025-06-18") -> Message:
        """The handshake of the legacy era."""
        client = {"name": self._client, "version": "1"}
        answer = self.ask("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": client})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def tool(self, name: str, arguments: Message, request_id: Any = 2, meta: Message | None = None) -> Message:
        """Call a tool and give its structured content."""
        params = {"name": name, "arguments": arguments} | ({"_meta": meta} if meta else {})
        return dict(self.ask("tools/call", params, request_id)["result"]["structuredContent"])

    def alive(self, request_id: int = 990) -> bool:
        """Whether it still answers."""
        return "result" in self.ask("tools/list", request_id=request_id)

    def end(self, how: signal.Signals | None = None) -> tuple[int, str]:
        """Close its input, or send a signal, and wait for its end. Gives exit code and stderr."""
        if how is None:
            self.stdin.close()
        else:
            self.process.send_signal(how)
        code = self.process.wait(self.patience)
        return code, self.stderr.read().decode()


def envelope(version: str = MODERN) -> Message:
    """What every request of the modern era carries."""
    prefix = "io.modelcontextprotocol"
    return {
        f"{prefix}/protocolVersion": version,
        f"{prefix}/clientInfo": {"name": "raw client", "version": "1"},
        f"{prefix}/clientCapabilities": {},
    }
