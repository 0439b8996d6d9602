"""The real process over real pipes: both eras, hostile lines, floods, and its end."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.installation import configure, version_one
from sparkq_core.project import SparkQ
from sparkq_mcp.transport.pipes import MAX_LINE
from tests.harness import version_one as version_one_project
from tests.harness.projects import open_new_project
from tests.harness.task_steps import add, take
from tests.mcp.chat import DEADLINE, HANDSHAKES, MODERN, Message, Raw, envelope
from tests.promises import holds


@holds("mcp-both-eras")
@pytest.mark.parametrize("version", HANDSHAKES)
def test_every_handshake_version_works_a_task(sq: SparkQ, queue: str, version: str) -> None:
    add(sq, "one")

    with Raw(sq.config.root) as raw:
        assert raw.initialize(version)["result"]["protocolVersion"] == version
        assert len(raw.ask("tools/list", request_id=5)["result"]["tools"]) == 12
        assert raw.tool("claim", {"queue": "backend"})["task"]["id"] == 1
        assert raw.tool("complete", {"task_id": 1, "result": "Done."}, 3)["status"] == "succeeded"
        assert raw.ask("ping", request_id="text id")["result"] == {}

    assert tasks.get(sq, 1).worker == f"raw-client-{raw.process.pid}"


@holds("mcp-both-eras")
def test_the_modern_version_works_a_task_without_a_handshake(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    meta = {"_meta": envelope()}

    with Raw(sq.config.root) as raw:
        assert len(raw.ask("tools/list", meta, 5)["result"]["tools"]) == 12
        assert raw.tool("claim", {"queue": "backend"}, meta=envelope())["task"]["id"] == 1
        assert raw.tool("complete", {"task_id": 1, "result": "Done."}, 3, envelope())["status"] == "succeeded"


@holds("mcp-both-eras")
def test_a_client_that_probes_and_then_initializes_is_served(sq: SparkQ, queue: str) -> None:
    with Raw(sq.config.root) as raw:
        probe = raw.ask("server/discover", {"_meta": envelope()}, "probe")["result"]
        assert MODERN in probe["supportedVersions"]
        assert raw.initialize()["result"]["serverInfo"]["name"] == "sparkq"
        assert raw.alive()


def test_a_client_that_probes_twice_and_stays_modern_is_served(sq: SparkQ, queue: str) -> None:
    meta = {"_meta": envelope()}

    with Raw(sq.config.root) as raw:
        first, second = raw.ask("server/discover", meta, 1), raw.ask("server/discover", meta, 2)
        assert first["result"] == second["result"]
        assert len(raw.ask("tools/list", meta, 3)["result"]["tools"]) == 12
        assert MODERN in raw.ask("server/discover", meta, 4)["result"]["supportedVersions"]


def test_a_probe_of_a_version_from_the_future_is_told_what_is_served(sq: SparkQ) -> None:
    with Raw(sq.config.root) as raw:
        refused = raw.ask("server/discover", {"_meta": envelope("2099-01-01")})["error"]
        assert (refused["code"], refused["data"]["supported"]) == (-32022, [MODERN])
        assert raw.initialize()["result"]


HOSTILE: dict[str, str | bytes] = {
    "no JSON": "hello",
    "half a message": '{"jsonrpc": "2.0", "id": 7, "method": ',
    "an array": "[1, 2]",
    "a number": "42",
    "another version": '{"jsonrpc": "1.0", "id": 7, "method": "ping"}',
    "no method": '{"jsonrpc": "2.0", "id": 7}',
    "a boolean id": '{"jsonrpc": "2.0", "id": true, "method": "ping"}',
    "an object as id": '{"jsonrpc": "2.0", "id": {}, "method": "ping"}',
    "a null id": '{"jsonrpc": "2.0", "id": null, "method": "ping"}',
    "a fraction as id": '{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}',
    "an array as id": '{"jsonrpc": "2.0", "id": [], "method": "ping"}',
    "an unknown prompt": '{"jsonrpc": "2.0", "id": 7, "method": "prompts/get", "params": {"name": "nope"}}',
    "an unknown resource": '{"jsonrpc": "2.0", "id": 7, "method": "resources/read", "params": {"uri": "sparkq://x"}}',
    "parameters that are none": '{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": [1]}',
    "a completion of nothing": '{"jsonrpc": "2.0", "id": 7, "method": "completion/complete", "params": {}}',
    "a surrogate in the id": '{"jsonrpc": "2.0", "id": "\\ud800", "method": "ping"}',
    "a surrogate in the method": '{"jsonrpc": "2.0", "id": 7, "method": "\\ud800"}',
    "a surrogate in a value": '{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "\\udfff"}}',
    "invalid UTF-8": b'{"jsonrpc": "2.0", "id": 7, "method": "\xff\xfe"}',
    "deep nesting": "[" * 100_000,
    "an unknown method": '{"jsonrpc": "2.0", "id": 7, "method": "no/such"}',
    "an unknown tool": '{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "nope", "arguments": {}}}',
}


@pytest.fixture(scope="module")
def open_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    """A server that the tests of single lines share. None of them may leave a traceback, or a server that does not end."""
    root = tmp_path_factory.mktemp("open-chat")
    open_new_project(root).close()
    with Raw(root) as raw:
        raw.initialize()
        yield raw
        code, said = raw.end()
        assert (code, "Traceback" in said) == (0, False)


@holds("mcp-robust")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_line_gets_a_reply_and_harms_nothing(open_chat: Raw, name: str) -> None:
    open_chat.send(HOSTILE[name])

    answer = open_chat.receive()

    assert "error" in answer or answer["result"]["isError"]
    assert open_chat.alive()


def test_a_lone_surrogate_in_a_prompt_is_refused_with_the_request_named(sq: SparkQ, queue: str) -> None:
    call = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"enqueue","arguments":{"queue":"backend","prompt":"\\ud800"}}}'

    with Raw(sq.config.root) as raw:
        raw.initialize()
        raw.send(call)
        assert raw.receive()["id"] == 7

    assert tasks.list_page(sq).total == 0


@holds("mcp-robust")
def test_a_line_beyond_the_limit_is_refused_and_the_next_one_read(open_chat: Raw) -> None:
    sender = threading.Thread(target=open_chat.send, args=(b'{"x": "' + b"a" * (MAX_LINE + 10) + b'"}',))
    sender.start()
    assert "bytes at most" in open_chat.receive()["error"]["message"]
    sender.join()
    assert open_chat.alive()


def test_empty_lines_are_nothing(open_chat: Raw) -> None:
    for line in ("", "   ", "\t", "\r"):
        open_chat.send(line)
    assert open_chat.alive()


@holds("mcp-robust")
def test_a_thousand_calls_at_once_are_all_answered(sq: SparkQ, queue: str) -> None:
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "peek", "arguments": {"queue": "backend"}}}

    with Raw(sq.config.root) as raw:
        raw.initialize()
        lines = "\n".join(json.dumps(call | {"id": number}) for number in range(1000))
        sender = threading.Thread(target=raw.send, args=(lines,))
        sender.start()
        answered = {raw.receive()["id"] for _ in range(1000)}
        sender.join()

    assert answered == set(range(1000))


@pytest.mark.parametrize("request_id", [0, -1, 2**53, "", "0", "é\u202e", "x" * 5000], ids=lambda value: str(value)[:9])
def test_an_id_comes_back_as_it_was_sent(open_chat: Raw, request_id: int | str) -> None:
    assert open_chat.ask("tools/list", request_id=request_id)["id"] == request_id


def test_a_thousand_claims_at_once_hand_out_each_task_once(sq: SparkQ, queue: str) -> None:
    add(sq, *(str(number) for number in range(400)))
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "claim", "arguments": {"queue": "backend"}}}

    with Raw(sq.config.root) as raw:
        raw.initialize()
        lines = "\n".join(json.dumps(call | {"id": number}) for number in range(1000))
        sender = threading.Thread(target=raw.send, args=(lines,))
        sender.start()
        tasks_got = [raw.receive()["result"]["structuredContent"]["task"] for _ in range(1000)]
        sender.join()
        assert raw.alive()

    assert sorted(task["id"] for task in tasks_got if task) == list(range(1, 401))


def test_a_client_that_stops_reading_gets_everything_later(sq: SparkQ, queue: str) -> None:
    add(sq, "x" * 500_000)

    with Raw(sq.config.root) as raw:
        raw.initialize()
        for number in range(20):
            params = {"name": "get_task", "arguments": {"task_id": 1}}
            raw.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
        assert {raw.receive()["id"] for _ in range(20)} == set(range(20))


def test_what_was_asked_before_the_end_of_input_is_still_answered(sq: SparkQ, queue: str) -> None:
    lines = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "c", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_queues", "arguments": {}}},
    ]
    done = _run(sq.config.root, "".join(json.dumps(line) + "\n" for line in lines))

    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]


def tool_call(number: int, name: str, arguments: Message) -> Message:
    """A request that calls a tool."""
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def test_at_the_end_of_input_what_is_at_work_is_answered_as_it_went_and_a_wait_at_once(store: SparkQ) -> None:
    queues.create(store, "docs")
    add(store, "one")
    settles = {"task_id": 1, "result": "Done.", "attempt": take(store).task.attempts}

    with Raw(store.config.root) as raw:
        raw.initialize()
        raw.send(tool_call(2, "claim", {"queue": "docs", "wait": 50}))
        assert raw.alive()
        with store.db.write():  # what the result waits for
            raw.send(tool_call(3, "complete", settles))
            assert raw.alive()
            raw.stdin.close()
            waited = raw.answer(2)["result"]
        settled = raw.answer(3)["result"]
        assert raw.process.wait(raw.patience) == 0

    assert waited["structuredContent"]["task"] is None
    assert settled["structuredContent"]["status"] == "succeeded"


def test_a_regular_file_as_input_is_served_too(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    request = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}},
    }
    file = tmp_path / "requests"
    file.write_text(json.dumps(request) + "\n")

    with file.open() as stdin:
        command = [sys.executable, "-m", "sparkq_mcp.transport.stdio", "--project", str(sq.config.root)]
        done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=DEADLINE, check=True)

    assert json.loads(done.stdout)["id"] == 1


def test_a_chat_that_came_from_a_regular_file_is_closed_at_its_end(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    add(sq, "one")
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    asked = [("initialize", client), ("tools/call", {"name": "claim", "arguments": {"queue": queue}})]
    file = tmp_path / "requests"
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for number, (method, params) in enumerate(asked)
    ]
    file.write_text("\n".join([lines[0], '{"jsonrpc": "2.0", "method": "notifications/initialized"}', lines[1], ""]))

    with file.open() as stdin:
        command = [sys.executable, "-m", "sparkq_mcp.transport.stdio", "--project", str(sq.config.root)]
        subprocess.run(command, stdin=stdin, capture_output=True, timeout=DEADLINE, check=True)

    assert sq.db.rows("SELECT gone_why FROM chats") == [("its client closed the connection",)]


def _run(project: Path, lines: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sparkq_mcp.transport.stdio", "--project", str(project)]
    return subprocess.run(command, input=lines, capture_output=True, text=True, timeout=DEADLINE, check=True)


@holds("mcp-robust")
@pytest.mark.parametrize("how", [None, signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_a_second(sq: SparkQ, queue: str, how: signal.Signals | None) -> None:
    took = []
    for _ in range(3):
        with Raw(sq.config.root) as raw:
            raw.initialize()
            raw.send(
                {
                    "jsonrpc": "2.0",
                    "id": 9,
                    "method": "tools/call",
                    "params": {"name": "claim", "arguments": {"queue": "backend", "wait": 50}},
                }
            )
            assert raw.ask("ping", request_id=10)["result"] == {}
            begun = time.monotonic()
            code, said = raw.end(how)
            took.append(time.monotonic() - begun)
        assert (code, "Traceback" in said) == (0, False)

    assert min(took) < 1  # the machine may be busy now and then, not each time


def test_two_processes_hand_out_each_task_once(sq: SparkQ, queue: str) -> None:
    add(sq, *(str(number) for number in range(40)))
    got: list[int] = []

    with Raw(sq.config.root) as first, Raw(sq.config.root) as other:
        for raw in (first, other):
            raw.initialize()
        for number in range(20):
            for raw in (first, other):
                task = raw.tool("claim", {"queue": "backend"}, 100 + number)["task"]
                got.append(task["id"])
                raw.tool("complete", {"task_id": task["id"], "result": "Done."}, 200 + number)

    assert got == list(range(1, 41))


@holds("mcp-without-project")
def test_without_a_project_it_starts_explains_itself_and_serves_one_that_comes_later(root: Path) -> None:
    with Raw(root) as raw:
        raw.initialize()
        refused = raw.tool("list_queues", {})
        assert (refused["error"], "sparkq setup" in refused["next"]) == ("no_project", True)
        open_new_project(root).close()
        assert raw.tool("list_queues", {}, 3) == {"queues": []}

    assert not (root / "sparkq.yml").exists()


@holds("from-version-one")
def test_a_project_of_version_one_is_explained_and_served_once_it_was_brought_over(root: Path) -> None:
    version_one_project.create(root, version_one_project.SHOP)
    with Raw(root) as raw:
        raw.initialize()
        refused = raw.tool("list_queues", {})
        assert (refused["error"], "sparkq setup --from-v1" in refused["next"]) == ("version_one", True)
        found = version_one.find(root, {})
        assert found is not None
        version_one.bring_over(found, SystemClock())
        names = {queue["name"] for queue in raw.tool("list_queues", {}, 3)["queues"]}

    assert names == {"backend", "UI-Fixes"}


def test_a_changed_configuration_is_taken_up_after_reload(sq: SparkQ, queue: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(sq.config.root)}
    command = [sys.executable, "-m", "sparkq_cli.main", "config", "set", "task_classes.TINY", "7"]

    with Raw(sq.config.root) as raw:
        raw.initialize()
        before = raw.tool("enqueue", {"queue": "backend", "prompt": "x", "task_class": "TINY"})
        subprocess.run(command, cwd=sq.config.root, env=environment, check=True, capture_output=True)
        after = raw.tool("enqueue", {"queue": "backend", "prompt": "x", "task_class": "TINY"}, 3)

    assert (before["error"], after["id"]) == ("no_such_class", 1)
    assert queues.names(sq) == ("backend",)


def test_a_broken_configuration_leaves_a_chat_the_one_that_it_has(sq: SparkQ, queue: str) -> None:
    file = sq.config.root / "sparkq.yml"
    file.write_text("task_classes: {TINY: 7}\n")

    with Raw(sq.config.root) as raw:
        raw.initialize()
        raw.tool("list_queues", {})
        file.write_text("task_classes: soon\n")
        configure.reload(sq)
        kept = raw.tool("enqueue", {"queue": "backend", "prompt": "x", "task_class": "TINY"}, 3)
        file.write_text("task_classes: {SMALL: 9}\n")
        configure.reload(sq)
        mended = raw.tool("enqueue", {"queue": "backend", "prompt": "x", "task_class": "SMALL"}, 4)

    assert (kept["id"], mended["id"]) == (1, 2)


def test_a_signal_in_the_middle_of_a_write_ends_the_server_all_the_same() -> None:
    script = (
        "import sys\n"
        "from sparkq_mcp.transport.ending import exit_now\n"
        "class Writing:\n"
        "    def flush(self):\n"
        "        raise RuntimeError('reentrant call')\n"
        "sys.stderr = Writing()\n"
        "exit_now()\n"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
