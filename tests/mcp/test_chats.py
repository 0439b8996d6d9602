"""A process is not a chat: contexts share it, chats outlive it, and over HTTP there may be none at all."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx
import pytest

from sparkq_core import queues, tasks
from sparkq_core.chats import Caller, presence
from sparkq_core.model import CHAT_COLUMNS, Chat
from sparkq_core.project import SparkQ
from tests.harness.task_steps import add, attempts, take, take_in_chat
from tests.harness.waiting import SECONDS, until
from tests.http.caller import Served
from tests.mcp.chat import MODERN, Message, Raw, call, chat, envelope
from tests.mcp.test_waiting import legacy_session
from tests.promises import holds

CLAUDE: dict[str, str] = {"client": "claude-code", "session": "61f077-8d2a"}
ACCEPTS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@contextmanager
def process(sq: SparkQ, *options: str, **chat: str) -> Iterator[Raw]:
    """A stdio server that a client has started."""
    with Raw(sq.config.root, *options, **chat) as raw:
        raw.initialize()
        yield raw


def the_chat(sq: SparkQ) -> Chat:
    """The only chat in the store."""
    (row,) = sq.db.rows(f"SELECT {CHAT_COLUMNS} FROM chats")
    return Chat(*row)


def kept(sq: SparkQ, task_id: int = 1) -> list[str | None]:
    """The texts of calls whose attempt was unknown."""
    return [event.text for event in tasks.detail(sq, task_id).events if event.kind == "refused"]


@holds("mcp-chats")
def test_a_resumed_chat_settles_its_own_claim_without_the_number(store: SparkQ) -> None:
    add(store, "one")
    with process(store, **CLAUDE) as first:
        first.tool("claim", {"queue": "backend"})
        first.process.kill()
    with process(store, **CLAUDE) as resumed:
        done = resumed.tool("complete", {"task_id": 1, "result": "Done."})

    assert done["status"] == "succeeded"
    assert attempts(store, 1)[0].worker == "claude-code-8d2a"
    assert the_chat(store).session == "61f077-8d2a"


@pytest.mark.parametrize("chat", [{}, {"client": "gemini-cli-mcp-client"}, {"client": "gemini", "session": "8d2a"}])
def test_after_a_restart_a_client_without_a_session_settles_with_the_number_that_it_was_told(
    store: SparkQ, chat: dict[str, str]
) -> None:
    """The environment of Claude Code says nothing about another client that was started from its shell."""
    add(store, "one")
    with process(store, **chat) as first:
        packet = first.tool("claim", {"queue": "backend"})
    with process(store, **chat) as restarted:
        refused = restarted.tool("complete", {"task_id": 1, "result": "My result."})
        done = restarted.tool("complete", {"task_id": 1, "attempt": packet["task"]["attempt"], "result": "My result."})

    assert refused["error"] == "attempt_needed"
    assert refused["next"] == "Call again with the attempt: complete(task_id=1, attempt=1, result=…)."
    assert kept(store) == ["My result."]
    assert done["status"] == "succeeded"


@pytest.mark.parametrize("how", [None, signal.SIGTERM, signal.SIGINT])
def test_a_chat_is_gone_as_soon_as_its_client_closes_the_connection(store: SparkQ, how: signal.Signals | None) -> None:
    add(store, "one")
    with process(store, **CLAUDE) as raw:
        raw.tool("claim", {"queue": "backend"})
        here = the_chat(store)
        code, said = raw.end(how)

    gone = the_chat(store)
    assert (code, said) == (0, "")
    assert (here.gone_at, gone.gone_why) == (None, "its client closed the connection")
    assert gone.gone_at is not None
    assert tasks.get(store, 1).status == "running"


@holds("chat-gone")
def test_the_claims_of_a_killed_server_are_marked_for_every_follower(store: SparkQ) -> None:
    """Nobody reads anything: the page of the server shows it."""
    add(store, "one")
    with served(store), process(store, **CLAUDE) as raw:
        raw.tool("claim", {"queue": "backend"})
        raw.process.kill()
        raw.process.wait()
        until(lambda: store.db.rows("SELECT id FROM events WHERE kind = 'chat closed' AND task_id = 1") != [])

    assert the_chat(store).gone_why == "its server was killed"
    assert tasks.get(store, 1).chat_gone_at == the_chat(store).gone_at


@holds("chat-gone")
def test_a_resumed_chat_is_there_again_with_its_first_call(store: SparkQ) -> None:
    add(store, "one")
    with process(store, **CLAUDE) as first:
        first.tool("claim", {"queue": "backend"})
        with process(store, **CLAUDE) as resumed:
            shown = resumed.tool("get_task", {"task_id": 1})
            first.end(None)
            assert tasks.get(store, 1).chat_gone_at is None
            resumed.end(None)

    assert "chat_closed_at" not in shown
    assert tasks.get(store, 1).chat_gone_at is not None


@holds("chat-gone")
@pytest.mark.anyio
async def test_a_chat_reads_that_the_chat_of_a_running_task_was_closed(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    claim = take_in_chat(sq, Caller("claude-code", session="61f077", cwd="/tmp"), 1)
    presence.close(sq, claim.chat_id or 0, "its client closed the connection")
    async with chat(sq) as client:
        (line,) = (await call(client, "list_tasks"))["tasks"]
        task = await call(client, "get_task", task_id=1)

    assert line["chat_closed_at"] == task["chat_closed_at"] == task["chat"].pop("closed_at")
    assert task["chat"] == {"client": "claude-code", "resume": "cd /tmp && claude --resume 61f077"}


@pytest.mark.parametrize("form", [dict, json.dumps])
def test_a_session_in_the_metadata_of_a_call_is_the_chat(store: SparkQ, form: Any) -> None:
    add(store, "one", "two")
    meta = {"x-codex-turn-metadata": form({"session_id": "0199ab-7f31", "turn_id": "7", "model": "gpt-5"})}
    with process(store, client="codex-mcp-client") as raw:
        raw.tool("claim", {"queue": "backend"}, meta=meta)
    with process(store, client="codex-mcp-client") as resumed:
        packet = resumed.tool("claim", {"queue": "backend"}, meta=meta)
        strange = resumed.tool("claim", {"queue": "backend"}, meta={"x-codex-turn-metadata": "not JSON"})

    assert [claim["id"] for claim in packet["open_claims"]] == [1]
    assert "open_claims" not in strange
    chat = the_chat(store)
    assert (chat.client, chat.session, chat.model) == ("codex", "0199ab-7f31", "gpt-5")
    assert attempts(store, 2)[0].worker == "codex-7f31"


@holds("mcp-chats")
@pytest.mark.anyio
async def test_contexts_of_one_chat_finish_beside_each_other(sq: SparkQ, queue: str) -> None:
    """Nothing that one of them is told makes it settle or release the task of another."""
    queues.instruct(sq, queue, "Work on branch dev.")
    add(sq, "one", "two")
    async with chat(sq) as client:
        first = await call(client, "claim", queue="backend")
        second = await call(client, "claim", queue="backend")
        third = await call(client, "claim", queue="backend")
        done = [
            await call(client, "complete", task_id=number, attempt=1, result="Done.", claim_next=True)
            for number in (2, 1)
        ]

    assert [packet["instructions"] for packet in (first, second)] == ["Work on branch dev."] * 2
    assert (third["task"], [claim["id"] for claim in third["open_claims"]]) == (None, [1, 2])
    for answer in (second, third, done[0]):
        assert "ettle" not in answer["next"].replace("settled so before", "")
        assert "release(" not in answer["next"]
    assert [answer["status"] for answer in done] == ["succeeded"] * 2


@pytest.mark.anyio
async def test_a_release_leads_to_a_stop_and_a_second_hand_out_says_that_it_was_released(
    sq: SparkQ, queue: str
) -> None:
    add(sq, "one")
    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        released = await call(client, "release", task_id=1, reason="Too big.")
        again = await call(client, "claim", queue="backend")

    assert released["next"] == (
        "#1 is at its old place in backend, so the next claim there gets it again. Stop here and tell the person why. "
        "To go on with other tasks, fail a task that cannot be done instead."
    )
    assert again["next"].startswith("This chat released it before: do not release it again. Do it, then ")


@pytest.mark.anyio
async def test_long_instructions_begin_in_each_packet_with_the_call_that_reads_on(sq: SparkQ, queue: str) -> None:
    queues.instruct(sq, queue, "Use the staging database. " * 100)
    add(sq, "one", "two")
    async with chat(sq) as client:
        packets = [await call(client, "claim", queue="backend") for _ in range(2)]

    for packet in packets:
        assert packet["instructions"].startswith("Use the staging database. ")
        assert len(packet["instructions"]) <= 1100
        assert packet["more"]["instructions"].startswith("queue_instructions(queue='backend', more='instructions:")
        assert packet["next"].startswith("Read on what is cut, by the calls in more. Do it, then complete(task_id=")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tools", "claim,complete"), ("fail(", "progress(", "list_queues", "get_task")),
        (("--tools", "claim,complete,fail,release"), ("progress(", "list_queues", "get_task")),
        (("--tools", "claim"), ("complete(", "fail(", "progress(")),
    ],
)
def test_next_names_only_tools_that_are_there(store: SparkQ, options: tuple[str, ...], words: tuple[str, ...]) -> None:
    add(store, "one")
    with Raw(store.config.root, *options) as raw:
        about = raw.initialize()["result"]["instructions"]
        said = [about] + [
            answer["next"]
            for answer in (
                raw.tool("claim", {"queue": "backend"}),
                raw.tool("claim", {"queue": "backend"}),
                raw.tool("claim", {"queue": "nope"}),
                raw.tool("claim", {"queue": "backend", "task_id": 77}),
            )
        ]

    assert not [word for word in words if any(word in text for text in said)]
    assert all(said)


@pytest.mark.parametrize("tools", ["claim,complete", "claim,complete,queue_instructions", "claim,complete,get_task"])
def test_what_no_tool_reads_on_is_not_cut(store: SparkQ, tools: str) -> None:
    prompt, instructions = "Do this. " * 2000, "And that. " * 200
    add(store, prompt)
    queues.instruct(store, "backend", instructions)
    with Raw(store.config.root, "--tools", tools) as raw:
        raw.initialize()
        packet = raw.tool("claim", {"queue": "backend"})

    assert (packet["task"]["prompt"] == prompt) == ("get_task" not in tools)
    assert (packet["instructions"] == instructions) == ("queue_instructions" not in tools)
    assert all(call.partition("(")[0] in tools for call in packet.get("more", {}).values())
    assert ("Read on" in packet["next"]) == (tools != "claim,complete")


def test_a_claim_of_a_task_that_another_worker_has_leads_to_the_next(store: SparkQ) -> None:
    add(store, "one")
    take(store, "bob")
    with Raw(store.config.root) as raw:
        raw.initialize()
        refusal = raw.tool("claim", {"task_id": 1})

    assert refusal["error"] == "wrong_state"
    assert refusal["next"].startswith("Its worker settles it. Claim the next task of the queue.")
    assert not [verb for verb in ("complete", "release", "progress") if verb in refusal["next"]]


def test_a_server_that_only_reads_does_not_tell_how_to_work(store: SparkQ) -> None:
    with Raw(store.config.root, "--read-only") as raw:
        about = raw.initialize()["result"]["instructions"]
        missing = raw.tool("get_task", {"task_id": 77})

    assert "claim" not in about
    assert missing["next"] == "No task has been enqueued yet. list_tasks finds the ids."


def test_a_server_that_only_reads_does_not_extend_the_deadline_of_its_chats_task(store: SparkQ) -> None:
    add(store, "one")
    seen = []
    for options in ([], ["--read-only"]):
        with process(store, *options, **CLAUDE) as raw:
            if not options:
                raw.tool("claim", {"queue": "backend"})
            raw.tool("get_task", {"task_id": 1})
            seen.append(tasks.get(store, 1).heartbeat_at)

    assert seen[0] is not None
    assert seen[1] == seen[0]


@contextmanager
def served(sq: SparkQ) -> Iterator[Served]:
    """The HTTP server of the project."""
    server = Served(sq.config.root)
    try:
        yield server
    finally:
        server.stop()


class Stateless:
    """A client of the modern era over HTTP: no connection and no session, each request stands for itself."""

    def __init__(self, server: Served) -> None:
        self._server = server

    def tool(self, name: str, **arguments: Any) -> Message:
        """Call a tool and give its structured content."""
        params = {"name": name, "arguments": arguments, "_meta": envelope()}
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = ACCEPTS | {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": name}
        answer = self._server.call.send("POST", "/mcp", json.dumps(request).encode(), headers)
        return dict(answer.facts["result"]["structuredContent"])


@holds("mcp-chats")
def test_without_connections_every_next_step_can_be_obeyed_to_the_end(store: SparkQ) -> None:
    queues.instruct(store, "backend", "Run make test.")
    add(store, "one", "two", "three")
    with served(store) as server:
        client = Stateless(server)
        packet = client.tool("claim", queue="backend")
        forgot = client.tool("complete", task_id=1, result="Done.")
        seen = []
        while packet["task"]:
            seen.append((packet["task"]["id"], packet["instructions"]))
            number = packet["task"]["attempt"]
            call = {"task_id": packet["task"]["id"], "attempt": number, "result": "Done.", "claim_next": True}
            lost = client.tool("complete", **call)
            answer = client.tool("complete", **call)
            assert lost["claimed"] == answer["claimed"] or lost["claimed"]["task"] is None
            packet = answer["claimed"]

    assert forgot["next"] == "Call again with the attempt: complete(task_id=1, attempt=1, result=…)."
    assert seen == [(number, "Run make test.") for number in (1, 2, 3)]
    assert [tasks.get(store, number).status for number in (1, 2, 3)] == ["succeeded"] * 3
    assert [len(attempts(store, number)) for number in (1, 2, 3)] == [1, 1, 1]


def test_a_late_result_over_http_is_kept_with_the_attempt_that_it_names(store: SparkQ) -> None:
    add(store, "one")
    with served(store) as server:
        client = Stateless(server)
        client.tool("claim", queue="backend")
        tasks.fail(store, 1, "The person gave up.")
        tasks.requeue(store, 1)
        client.tool("claim", queue="backend")
        late = client.tool("complete", task_id=1, attempt=1, result="The first words.")
        unknown = client.tool("complete", task_id=1, result="Whose words?")

    assert late["error"] == "claim_lost"
    assert unknown["next"] == (
        "Call again with the attempt that your claim had (1 or 2): complete(task_id=1, attempt=…, result=…). "
        "get_task(task_id=1) shows whose they are."
    )
    assert [attempt.late_text for attempt in attempts(store, 1)] == ["The first words.", None]
    assert (kept(store), tasks.get(store, 1).status) == (["Whose words?"], "running")


def test_a_dropped_session_of_the_older_era_ends_no_work(store: SparkQ) -> None:
    """The SDK drops a session after 30 minutes without a request; the client then begins another one."""
    add(store, "one")
    with served(store) as server, httpx.Client(timeout=SECONDS) as client:
        url = f"http://127.0.0.1:{server.port}/mcp"

        def tool(headers: dict[str, str], name: str, **arguments: Any) -> Message:
            params = {"name": name, "arguments": arguments}
            request = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
            (line,) = (
                line for line in client.post(url, json=request, headers=headers).text.splitlines() if '"result"' in line
            )
            return dict(json.loads(line.removeprefix("data: "))["result"]["structuredContent"])

        before = legacy_session(client, url)
        packet = tool(before, "claim", queue="backend")
        client.delete(url, headers=before)
        after = legacy_session(client, url)
        refused = tool(after, "complete", task_id=1, result="Done.")
        done = tool(after, "complete", task_id=1, attempt=packet["task"]["attempt"], result="Done.")

    assert (refused["error"], done["status"]) == ("attempt_needed", "succeeded")
    assert (kept(store), len(attempts(store, 1))) == (["Done."], 1)
