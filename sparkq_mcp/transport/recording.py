"""Asks the SDK for the first answers of each protocol version. Only `docs/generate.py` and the tests import it."""

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

import anyio
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from sparkq_core.errors import NoProject
from sparkq_core.project import SparkQ
from sparkq_core.wire import compact
from sparkq_mcp.offer import HOOK
from sparkq_mcp.server import SparkQServer, build
from sparkq_mcp.transport.first_answers import LISTS, Json

PREFIX = "io.modelcontextprotocol"
HANDSHAKE = "initialize"


class Client:
    """Sends each of its requests when the one before is answered."""

    def __init__(self, requests: Sequence[Json]) -> None:
        self.answers: list[Json] = []
        self.unanswered: set[str | int] = set()
        self._lines = deque(compact(request) for request in requests)
        self._answered = anyio.Event()
        self._answered.set()

    def __aiter__(self) -> "Client":
        return self

    async def __anext__(self) -> str:
        await self._answered.wait()
        if not self._lines:
            raise StopAsyncIteration
        line = self._lines.popleft()
        if "id" in json.loads(line):
            self._answered = anyio.Event()
        return line

    async def write(self, text: str) -> None:
        self.answers.append(json.loads(text))
        self.unanswered.discard(self.answers[-1].get("id"))
        self._answered.set()

    async def flush(self) -> None: ...


async def conversation(server: SparkQServer, requests: Sequence[Json]) -> list[Json]:
    """Return the SDK's answers to the requests."""
    client = Client(requests)
    await server.serve(client, client)
    return client.answers


def opening(version: str) -> list[Json]:
    """Return the requests of a client whose answers are recorded, in the order in which it sends them."""
    modern = version in MODERN_PROTOCOL_VERSIONS
    about = {"name": "recording", "version": "1"}
    envelope = {
        f"{PREFIX}/protocolVersion": version,
        f"{PREFIX}/clientInfo": about,
        f"{PREFIX}/clientCapabilities": {},
    }
    hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": about}
    asked: list[tuple[str, Json]] = [(method, {"_meta": envelope} if modern else {}) for method in (*LISTS, "ping")]
    asked.append(("logging/setLevel", {"level": "info"} | ({"_meta": envelope} if modern else {})))
    asked.append(("tools/call", {"name": HOOK, "arguments": {}} | ({"_meta": envelope} if modern else {})))
    first: tuple[str, Json] = ("server/discover", {"_meta": envelope}) if modern else (HANDSHAKE, hello)
    return [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate((first, *asked))
    ]


def record() -> str:
    """Return the text of first_answers.json: each answer with the versions in which it is the same."""
    entries: dict[str, Json] = {}
    for version in (*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS):
        requests = opening(version)
        answers = anyio.run(conversation, build(_nowhere), requests)
        for request, answer in zip(requests, answers, strict=True):
            entry: dict[str, Any] = {"method": request["method"], "versions": [], "answer": _without_id(answer)}
            entries.setdefault(compact(entry), entry)["versions"].append(version)
    return "[\n" + ",\n".join(compact(entry) for entry in entries.values()) + "\n]\n"


def _without_id(answer: Json) -> Json:
    return {key: value for key, value in answer.items() if key in ("result", "error")}


def _nowhere() -> SparkQ:
    raise NoProject("There is no project where the answers are recorded.", "")
