"""What a server answers before it loads the SDK: the SDK's own words, and the SDK goes on as if it had said them."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from sparkq_core import __version__, queues, tasks
from sparkq_core.project import SparkQ
from sparkq_mcp.server import build
from sparkq_mcp.transport import first_answers
from sparkq_mcp.transport.first_answers import LISTS, FirstAnswers
from sparkq_mcp.transport.front import Front
from sparkq_mcp.transport.recording import Client, record
from tests.harness.projects import TOP, second_handle
from tests.harness.task_steps import add, take
from tests.mcp.chat import HANDSHAKES, MODERN, Message, Raw, envelope
from tests.promises import holds
from tests.proof.extent import EXTENT, extent

pytestmark = pytest.mark.anyio

CONVERSATIONS = extent(25, 250, 2500)
META: dict[str, Any] = {
    "none": {},
    "empty": {"_meta": {}},
    "a token": {"_meta": {"progressToken": 7}},
    "a token that is none": {"_meta": {"progressToken": True}},
    "a key of a client's own": {"_meta": {"claudecode/toolUseId": "x"}},
    "modern": {"_meta": envelope()},
    "modern and more": {"_meta": envelope() | {"progressToken": "a", "io.modelcontextprotocol/logLevel": "info"}},
    "half a modern one": {"_meta": {"io.modelcontextprotocol/protocolVersion": MODERN}},
    "a future one": {"_meta": envelope("2099-01-01")},
    "a page": {"cursor": "x"},
    "too much": {"more": 1},
}
CAPABILITIES: list[Any] = [
    {},
    {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {"form": {}, "url": {}}},
    {"roots": {"listChanged": "yes"}},
    {"experimental": {"x": {"deep": [1]}}, "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["a/b"]}}},
    {"experimental": {"x": 1}},
    {"tasks": {"list": {}, "requests": {"sampling": {"createMessage": {}}}}},
    {"elicitation": {"form": {"applyDefaults": True}}, "sampling": {"tools": {}, "context": {}}},
    {"unheard of": {}},
    [],
]
CLIENTS: list[Any] = [
    {"name": "c", "version": "1"},
    {"name": "c", "version": "1", "title": "C", "websiteUrl": "https://example.org", "description": "Any."},
    {"name": "c"},
    {"name": "c", "version": 1},
    {"name": "c", "version": "1", "icons": [{"src": "data:,"}]},
]
OTHERS: tuple[tuple[str, Message], ...] = (
    ("logging/setLevel", {"level": "info"}),
    ("logging/setLevel", {"level": "loud"}),
    ("tools/call", {"name": "peek", "arguments": {"queue": "backend"}}),
    ("tools/call", {"name": "nope", "arguments": {}}),
    ("prompts/get", {"name": "plan_tasks"}),
    ("resources/read", {"uri": "sparkq://queues"}),
    ("resources/subscribe", {"uri": "sparkq://queues"}),
    ("no/such", {}),
    ("tools/call", {"name": "hook", "arguments": {"event": "Stop", "session": "s"}}),
    ("tools/call", {"name": "hook", "arguments": []}),
    ("subscriptions/listen", {"notifications": {"toolsListChanged": True, "promptsListChanged": False}}),
    ("subscriptions/listen", {"notifications": {"resourcesListChanged": True}}),
    ("subscriptions/listen", {"notifications": {"resourceSubscriptions": ["sparkq://queues"]}}),
    ("subscriptions/listen", {"notifications": {}, "more": 1}),
)
NOTICES = (
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/roots/list_changed",
    "notifications/x",
)


@holds("mcp-first-answers")
def test_the_first_answers_are_those_of_the_sdk() -> None:
    assert first_answers.FILE.read_text(encoding="utf-8") == record()


def conversation(choice: random.Random) -> list[Message]:
    """What a client might say: mostly what clients say, sometimes what none should."""
    said: list[Message] = []
    version = choice.choice([*HANDSHAKES, *HANDSHAKES, MODERN, "2099-01-01"])
    hello = {
        "protocolVersion": version,
        "capabilities": choice.choice(CAPABILITIES),
        "clientInfo": choice.choice(CLIENTS),
    }
    if choice.random() < 0.7:
        said.append({"id": 0, "method": "initialize", "params": hello})
    usual = "modern" if choice.random() < 0.3 else "none"
    for number in range(1, choice.randint(2, 9)):
        kind = choice.random()
        params = META[usual] if choice.random() < 0.7 else choice.choice(list(META.values()))
        if kind < 0.25:
            said.append({"method": choice.choice(NOTICES)})
        elif kind < 0.75:
            said.append({"id": number, "method": choice.choice([*LISTS, "ping", "server/discover"]), "params": params})
        elif kind < 0.8:
            said.append({"id": str(number), "method": "initialize", "params": hello})
        else:
            method, own = choice.choice(OTHERS)
            said.append({"id": str(number), "method": method, "params": own | params})
    return [{"jsonrpc": "2.0", **message} for message in said]


async def by_the_sdk(sq: SparkQ, said: list[Message]) -> list[Message]:
    """What the SDK answers without an opening."""
    client, server = Client(said), build(lambda: second_handle(sq))
    await server.serve(Front(client, client, server, FirstAnswers()), client)
    return client.answers


@holds("mcp-first-answers")
async def test_any_conversation_gets_the_answers_of_the_sdk(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    tasks.complete(sq, 1, "Done.", attempt=take(sq).task.attempts)

    first = 0 if EXTENT != "soak" else time.time_ns()
    for seed in range(first, first + CONVERSATIONS):
        said = conversation(random.Random(seed))
        expected = await by_the_sdk(sq, said)
        with Raw(sq.config.root) as raw:
            answered = []
            for message in said:
                raw.send(message)
                if "id" in message:
                    answered.append(raw.receive())
        # The SDK's last words on its subscriptions come when its client has gone.
        assert answered == expected[: len(answered)], f"seed {seed}: {json.dumps(said)}"


def has_loaded_the_sdk(process_id: int) -> bool:
    """True if the process has loaded pydantic, which the SDK needs."""
    return "pydantic_core" in Path(f"/proc/{process_id}/maps").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a process has loaded")
def test_the_sdk_is_loaded_by_the_first_call(sq: SparkQ, queue: str) -> None:
    command = [sys.executable, "-m", "sparkq_mcp.transport.stdio", "--project", str(sq.config.root)]
    hello = {"protocolVersion": MODERN, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    asked: list[tuple[str, Message]] = [("initialize", hello | {"protocolVersion": "2025-11-25"})]
    asked += [(method, {}) for method in LISTS]

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        loaded = []
        hook = ("tools/call", {"name": "hook", "arguments": {"event": "Stop", "session": "s"}})
        for method, params in [*asked, hook, ("tools/call", {"name": "list_queues", "arguments": {}})]:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}) + "\n")
            assert json.loads(server.stdout.readline())["id"] == method
            loaded.append(has_loaded_the_sdk(server.pid))
        server.stdin.close()

    assert loaded == [False, False, False, False, False, False, True]


@holds("mcp-mentions")
def test_a_client_hears_of_a_changed_list_before_its_first_call(sq: SparkQ, queue: str) -> None:
    with Raw(sq.config.root) as raw:
        raw.initialize()
        before = names(raw)
        queues.create(sq, "docs")
        assert raw.receive() == {"jsonrpc": "2.0", "method": "notifications/resources/list_changed"}
        after = names(raw)

    assert (after - before, before - after) == ({"docs"}, set())


@holds("mcp-mentions")
def test_a_list_that_changed_until_the_first_call_is_told_then(sq: SparkQ, queue: str) -> None:
    with Raw(sq.config.root) as raw:
        raw.initialize()
        before = names(raw)
        queues.create(sq, "docs")
        raw.send(
            {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "list_queues", "arguments": {}}}
        )
        heard = [raw.receive(), raw.receive()]

    assert "docs" not in before
    assert sorted(message.get("method", "answer") for message in heard) == [
        "answer",
        "notifications/resources/list_changed",
    ]


@holds("busy-budget")
def test_a_database_that_nobody_may_read_delays_no_list_and_a_call_is_refused_soon(sq: SparkQ, queue: str) -> None:
    sq.close()
    with closing(apsw.Connection(str(sq.db.path))) as owner:
        assert owner.execute("SELECT count(*) FROM tasks").fetchall() == [(0,)]
        owner.pragma("locking_mode", "exclusive")
        owner.execute("BEGIN EXCLUSIVE")
        with Raw(sq.config.root) as raw:
            raw.initialize()
            assert len(raw.ask("tools/list")["result"]["tools"]) == 12
            assert "backend" not in names(raw)
            raw.send(
                {
                    "jsonrpc": "2.0",
                    "id": 7,
                    "method": "tools/call",
                    "params": {"name": "peek", "arguments": {"queue": queue}},
                }
            )
            assert len(raw.ask("tools/list", request_id=8)["result"]["tools"]) == 12
            refused = raw.answer(7)["result"]["structuredContent"]
            owner.execute("ROLLBACK")
            owner.close()
            assert raw.tool("peek", {"queue": queue}, 9) == {"tasks": [], "total": 0}

    assert refused["error"] == "locked"
    assert refused["message"] == f"Process {os.getpid()} keeps sparkq.db for itself: it could not be read for 2 s."


@holds("mcp-mentions")
def test_a_subscription_begins_before_the_first_call_and_goes_on_after_it(sq: SparkQ, queue: str) -> None:
    meta = {"_meta": envelope()}
    wanted = {"notifications": {"toolsListChanged": True, "resourcesListChanged": True}}
    subscription = {"io.modelcontextprotocol/subscriptionId": "listen:0"}
    news = {
        "jsonrpc": "2.0",
        "method": "notifications/resources/list_changed",
        "params": {"_meta": subscription},
    }

    with Raw(sq.config.root) as raw:
        raw.send({"jsonrpc": "2.0", "id": "listen:0", "method": "subscriptions/listen", "params": wanted | meta})
        acknowledged = raw.receive()
        raw.ask("resources/list", meta, 2)
        queues.create(sq, "docs")
        heard = [raw.receive()]
        assert raw.tool("peek", {"queue": "docs"}, 3, envelope())["total"] == 0
        queues.create(sq, "site")
        heard.append(raw.receive())
        raw.stdin.close()
        last_word = json.loads(raw.stdout.read())

    assert acknowledged["params"] == wanted | {"_meta": subscription}
    assert heard == [news, news]
    assert (last_word["id"], last_word["result"]["resultType"]) == ("listen:0", "complete")


def test_a_server_that_waits_while_sparkq_is_upgraded_goes_on_as_the_new_version(
    sq: SparkQ, queue: str, tmp_path: Path
) -> None:
    add(sq, "one")
    installed = tmp_path / "installed"
    for package in ("sparkq_core", "sparkq_mcp"):
        shutil.copytree(TOP / package, installed / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "WORKER_PLAYBOOK.md", installed)
    command = [sys.executable, "-P", "-m", "sparkq_mcp.transport.stdio", "--project", str(sq.config.root)]
    variables = {**os.environ, "PYTHONPATH": str(installed)}
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    claim = {"name": "claim", "arguments": {"queue": queue}}

    with subprocess.Popen(
        command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as server:

        def ask(request_id: int, method: str, params: Message) -> Message:
            assert server.stdin is not None
            assert server.stdout is not None
            request = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
            server.stdin.write(json.dumps(request) + "\n")
            answer: Message = json.loads(server.stdout.readline())
            assert answer["id"] == request_id
            return answer["result"]  # type: ignore[no-any-return]  # JSON

        assert ask(1, "initialize", client)["serverInfo"]["version"] == __version__
        front_door = installed / "sparkq_core/__init__.py"
        front_door.write_text(front_door.read_text().replace(f'"{__version__}"', '"99.0.0"'))
        assert ask(2, "tools/call", claim)["structuredContent"]["task"]["id"] == 1
        assert ask(3, "initialize", client)["serverInfo"]["version"] == "99.0.0"
        assert server.stdin is not None
        server.stdin.close()


def names(raw: Raw) -> set[str]:
    """The names of the listed resources."""
    return {resource["name"] for resource in raw.ask("resources/list")["result"]["resources"]}


@holds("mcp-robust")
@pytest.mark.parametrize("how", [None, signal.SIGTERM, signal.SIGINT])
def test_a_server_that_was_never_called_ends(store: SparkQ, how: signal.Signals | None) -> None:
    with Raw(store.config.root) as raw:
        raw.initialize()
        assert raw.ask("tools/list")["result"]
        assert raw.end(how) == (0, "")


@holds("mcp-robust")
def test_a_client_that_reads_late_gets_every_list(store: SparkQ) -> None:
    with Raw(store.config.root) as raw:
        raw.initialize()
        lines = "\n".join(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/list"}) for number in range(100))
        sender = threading.Thread(target=raw.send, args=(lines,))
        sender.start()
        sender.join()
        answered = [raw.receive()["id"] for _ in range(100)]

    assert answered == list(range(100))


@holds("mcp-robust")
def test_a_line_that_comes_in_pieces_is_one_line(store: SparkQ) -> None:
    line = json.dumps({"jsonrpc": "2.0", "id": "é", "method": "ping"}, ensure_ascii=False).encode() + b"\n"

    with Raw(store.config.root) as raw:
        raw.initialize()
        for piece in (line[:20], line[20:29], line[29:]):
            raw.stdin.write(piece)
            raw.stdin.flush()
        assert raw.receive() == {"jsonrpc": "2.0", "id": "é", "result": {}}


def test_everything_at_once_is_answered_once(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    call = {"name": "claim", "arguments": {"queue": queue}}
    asked = [("initialize", client), ("tools/list", {}), ("resources/list", {}), ("tools/call", call), ("ping", {})]
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for number, (method, params) in enumerate(asked)
    ]

    with Raw(sq.config.root) as raw:
        raw.send("\n".join(lines))
        answers = [raw.receive() for _ in lines]
        raw.stdin.close()
        assert raw.stdout.read() == b""

    assert sorted(answer["id"] for answer in answers) == [0, 1, 2, 3, 4]
    assert tasks.get(sq, 1).attempts == 1
