"""A server that waits: for a task, with a client that may go away, and idle, while others abandon their work."""

import json
import time
from http.client import HTTPConnection
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from mcp import Client

from sparkq_core import inbox, project, queues, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.maintenance import rounds
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ
from sparkq_mcp.server import build
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, take, timeline
from tests.harness.waiting import until
from tests.harness.workers import workers
from tests.http.caller import Served
from tests.mcp.chat import Message, Raw, call, chat, envelope
from tests.promises import holds

WAKE_SECONDS = 0.5
DEADLINE_SECONDS = 40
ACCEPTS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def waiting(request_id: int = 7) -> Message:
    """A claim that waits, and wants to hear how it goes."""
    arguments = {"queue": "backend", "wait": 50}
    params = {"name": "claim", "arguments": arguments, "_meta": {"progressToken": "waits"}}
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}


def status(sq: SparkQ, task_id: int = 1) -> str:
    """Where a task stands, without the sweep that looking at it by a verb would do."""
    return str(sq.db.rows("SELECT status FROM tasks WHERE id = :id", {"id": task_id})[0][0])


@holds("mcp-wait")
def test_another_process_wakes_a_waiting_claim_within_half_a_second(store: SparkQ) -> None:
    took = []
    with Raw(store.config.root) as raw, workers(3, "enqueues", store.config.root) as others:
        raw.initialize()
        for number, other in enumerate(others):
            raw.send(waiting(number))
            assert raw.receive()["method"] == "notifications/progress"
            other.tell()
            task_id = other.hear()[0]
            started = time.monotonic()
            claimed = raw.answer(number)["result"]["structuredContent"]
            took.append(time.monotonic() - started)
            assert claimed["task"]["id"] == task_id

    assert min(took) < WAKE_SECONDS  # the machine may be busy now and then, not each time


def test_a_waiting_claim_says_how_long_it_has_waited(store: SparkQ) -> None:
    with Raw(store.config.root) as raw:
        raw.initialize()
        raw.send(waiting())
        first, second = raw.receive()["params"], raw.receive()["params"]

    assert (first["progressToken"], first["progress"], first["total"]) == ("waits", 0, 50)
    assert second["progress"] > first["progress"]
    assert "waiting for a task in backend" in second["message"]


@pytest.mark.anyio
@holds("mcp-wait")
async def test_a_wait_without_a_task_ends_with_the_call_that_waits_again(store: SparkQ) -> None:
    async with chat(store) as client:
        answer = await call(client, "claim", queue="backend", wait=1)

    assert answer["next"].endswith(
        'Stop. (Only if you were asked to watch it: claim(queue="backend", wait=3600) again.)'
    )


@holds("mcp-wait")
def test_a_cancelled_wait_takes_nothing(store: SparkQ) -> None:
    with Raw(store.config.root) as raw:
        raw.initialize()
        raw.send(waiting())
        raw.receive()
        raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}})
        assert raw.alive()
        add(store, "one")
        for number in range(5):
            assert raw.tool("list_queues", {}, 20 + number)["queues"][0]["queued"] == 1
        code, said = raw.end()

    assert (code, "Traceback" in said, status(store)) == (0, False, "queued")


@holds("mcp-wait")
def test_a_client_that_is_gone_takes_nothing(store: SparkQ) -> None:
    with Raw(store.config.root) as raw:
        raw.initialize()
        raw.send(waiting())
        raw.receive()
        assert raw.end()[0] == 0
    add(store, "one")

    assert status(store) == "queued"


@holds("mcp-wait")
@pytest.mark.parametrize("gone", ["killed", "not reading"])
def test_a_claim_that_nobody_received_fails_by_the_stale_rules(store: SparkQ, gone: str) -> None:
    add(store, "one", timeout=60)
    with Raw(store.config.root) as raw:
        raw.initialize()
        if gone == "not reading":
            raw.stdout.close()
        raw.send({**waiting(), "params": {"name": "claim", "arguments": {"queue": "backend"}}})
        until(lambda: status(store) == "running")
        if gone == "not reading":
            code, said = raw.end()
            assert (code, "Traceback" in said, status(store)) == (0, False, "running")
        raw.process.kill()

    later = project.open(store.config.root, env={}, clock=SetClock(SystemClock().now() + 61_000))
    assert isinstance(later.clock, SetClock)
    tasks.get(later, 1)
    later.clock.move(60)
    assert (tasks.get(later, 1).status, tasks.get(later, 1).error_type) == ("failed", "timeout")
    later.close()


def legacy_session(client: httpx.Client, url: str) -> dict[str, str]:
    """The headers of a session of the legacy era."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    begun = client.post(url, json=request, headers=ACCEPTS)
    return ACCEPTS | {"mcp-session-id": begun.headers["mcp-session-id"]}


@pytest.mark.parametrize("tool", ["claim", "complete"])
def test_what_was_claimed_for_a_client_that_left_the_http_door_meanwhile_is_given_back(
    store: SparkQ, tool: str
) -> None:
    add(store, "one", "two")
    if tool == "complete":
        take(store)
    server = Served(store.config.root)
    url = f"http://127.0.0.1:{server.port}/mcp"
    settles = {"task_id": 1, "result": "Done.", "attempt": 1, "claim_next": True}
    params = {"name": tool, "arguments": {"queue": "backend"} if tool == "claim" else settles}
    with store.db.write(), httpx.Client(timeout=DEADLINE_SECONDS) as client:  # the call waits for the writer
        headers = legacy_session(client, url)
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
        with client.stream("POST", url, json=call, headers=headers):
            pass
        client.get(f"http://127.0.0.1:{server.port}/health")  # heard after the end of the connection before
    until(lambda: "released" in timeline(store, 1 if tool == "claim" else 2))
    server.stop()

    assert status(store, 1 if tool == "claim" else 2) == "queued"


def modern_headers(method: str, **more: str) -> dict[str, str]:
    """The headers of a request of the modern era."""
    return ACCEPTS | {"mcp-protocol-version": "2026-07-28", "mcp-method": method} | more


def waiting_over_http(client: httpx.Client, url: str, era: str) -> tuple[Message, dict[str, str]]:
    """A claim that waits, and its headers."""
    call = waiting()
    if era == "legacy":
        return call, legacy_session(client, url)
    call["params"]["_meta"] |= envelope()
    return call, modern_headers("tools/call", **{"mcp-name": "claim"})


@holds("mcp-wait")
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_client_that_is_gone_from_the_http_door_takes_nothing(store: SparkQ, era: str) -> None:
    queues.create(store, "docs")
    server = Served(store.config.root)
    url = f"http://127.0.0.1:{server.port}/mcp"
    with httpx.Client(timeout=DEADLINE_SECONDS) as client:
        call, headers = waiting_over_http(client, url, era)
        with client.stream("POST", url, json=call, headers=headers) as answer:
            next(answer.iter_lines())
        assert server.answers()  # heard after the end of the connection
        add(store, "one")
        call["params"]["arguments"] = {"queue": "docs", "wait": 1}
        waited = client.post(url, json=call, headers=headers)  # a claim that still waited has looked by then
    assert '"task":null' in waited.text.replace(" ", "")
    server.stop()

    assert status(store) == "queued"


def test_a_server_that_stops_answers_who_waits_and_who_listens(store: SparkQ) -> None:
    server = Served(store.config.root)
    url = f"http://127.0.0.1:{server.port}/mcp"
    wanted = {"resourceSubscriptions": ["sparkq://queues"]}
    params = {"_meta": envelope(), "notifications": wanted}
    listens = {"jsonrpc": "2.0", "id": 9, "method": "subscriptions/listen", "params": params}
    with httpx.Client(timeout=DEADLINE_SECONDS) as client:
        call, headers = waiting_over_http(client, url, "modern")
        with (
            client.stream("POST", url, json=call, headers=headers) as claiming,
            client.stream("POST", url, json=listens, headers=modern_headers("subscriptions/listen")) as listening,
        ):
            streams = [claiming.iter_lines(), listening.iter_lines()]
            for lines in streams:
                next(line for line in lines if line.startswith("data:"))
            server.stop()
            answers = [json.loads(line.removeprefix("data:")) for lines in streams for line in lines if "data:" in line]

    assert [answer["id"] for answer in answers] == [7, 9]
    assert answers[0]["result"]["structuredContent"]["task"] is None


def test_a_server_that_stops_while_it_loads_mcp_says_so(store: SparkQ) -> None:
    server = Served(store.config.root)
    asking = HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_SECONDS)
    asking.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}), ACCEPTS)
    assert server.answers()  # heard after the request

    server.stop()

    answer = asking.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]) == (503, "stopping")
    asking.close()


@holds("mcp-upkeep")
def test_an_idle_server_fails_what_another_process_abandoned(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKQ_QUEUE_RUNNER__AUTO_FAIL_INTERVAL_SECONDS", "1")
    add(sq, "one", timeout=1)
    take(sq)

    with Raw(sq.config.root) as raw:
        raw.initialize()
        until(lambda: status(sq) == "failed")  # nobody calls meanwhile

    assert tasks.detail(sq, 1).task.error_type == "timeout"


@pytest.mark.anyio
async def test_a_chat_of_the_same_server_wakes_a_waiting_claim(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "FIRST_SECONDS", DEADLINE_SECONDS)  # its writing would wake the claim too
    server = build(lambda: second_handle(sq))
    packets: list[Message] = []
    async with Client(server) as waiting, Client(server) as other, anyio.create_task_group() as group:

        async def wait() -> None:
            packets.append(await call(waiting, "claim", queue="backend", wait=50))

        group.start_soon(wait)
        with anyio.fail_after(DEADLINE_SECONDS):
            await anyio.wait_all_tasks_blocked()
            await call(other, "enqueue", queue="backend", prompt="one")
            while not packets:
                await anyio.sleep(0.01)

    assert packets[0]["task"]["id"] == 1


@holds("pause", "tool-claim")
@pytest.mark.anyio
async def test_a_claim_that_waits_at_a_paused_queue_sleeps_on_and_is_woken_by_resume(sq: SparkQ, queue: str) -> None:
    queues.pause(sq, queue)
    packets: list[Message] = []
    async with Client(build(lambda: second_handle(sq))) as client, anyio.create_task_group() as group:

        async def wait() -> None:
            packets.append(await call(client, "claim", queue=queue, wait=50))

        group.start_soon(wait)
        with anyio.fail_after(DEADLINE_SECONDS):
            await anyio.wait_all_tasks_blocked()
            add(sq, "one")
            paused = await call(client, "claim", queue=queue)
            assert (paused["task"], paused["remaining"], paused["paused"]) == (None, 1, True)
            assert paused["next"] == (
                "The person has paused backend, with 1 queued: it hands out nothing until they resume it. Stop. "
                '(Only if you were asked to watch it: claim(queue="backend", wait=3600).)'
            )
            assert not packets
            queues.resume(sq, queue)
            while not packets:
                await anyio.sleep(0.01)

    assert packets[0]["task"]["id"] == 1


@holds("strict-queue", "tool-claim")
@pytest.mark.anyio
async def test_a_verdict_wakes_one_of_the_claims_that_wait_at_a_strict_queue(sq: SparkQ, queue: str) -> None:
    queues.limit_reviews(sq, queue, 1)
    add(sq, "one", "two", "three")
    tasks.complete(sq, take(sq).task.id, "done")
    packets: list[Message] = []
    server = build(lambda: second_handle(sq))
    async with Client(server) as first, Client(server) as second, anyio.create_task_group() as group:

        async def wait(client: Client, seconds: int) -> None:
            packets.append(await call(client, "claim", queue=queue, wait=seconds))

        group.start_soon(wait, first, 3)
        group.start_soon(wait, second, 3)
        with anyio.fail_after(DEADLINE_SECONDS):
            await anyio.wait_all_tasks_blocked()
            assert not packets
            inbox.review(sq, 1)

    assert sorted(bool(packet["task"]) for packet in packets) == [False, True]
    (nothing,) = (packet for packet in packets if not packet["task"])
    assert (nothing["waiting_for_review"], nothing["remaining"]) == (0, 1)
    assert nothing["next"].startswith(
        "The queue backend hands out 1 until the person has reviewed: 0 to review, 1 running, 1 queued. No task came within "
    )


@pytest.mark.anyio
async def test_a_task_that_comes_just_after_the_first_look_is_not_missed(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others, claim = second_handle(sq), tasks.claim

    def before_it_waits(*args: Any, **options: Any) -> Claim | None:
        claimed = claim(*args, **options)
        if claimed is None:
            add(others, "one")
        return claimed

    monkeypatch.setattr(rounds, "FIRST_SECONDS", DEADLINE_SECONDS)
    monkeypatch.setattr(tasks, "claim", before_it_waits)
    async with Client(build(lambda: second_handle(sq))) as client:
        with anyio.fail_after(DEADLINE_SECONDS):
            taken = await call(client, "claim", queue="backend", wait=50)

    assert taken["task"]["id"] == 1
