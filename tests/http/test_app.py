"""The application as a whole: defects, busy stores, other doors as guests, results that ask Git."""

import json
import subprocess
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from sparkq_core import queues, tasks
from sparkq_core.errors import Busy
from sparkq_core.project import SparkQ
from sparkq_http.answer import Refusal, answer_core_error
from sparkq_http.app import Guest, create_app
from sparkq_http.guard import HEADERS
from sparkq_http.project import ReloadableProject
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.http.test_events import listening
from tests.promises import holds

HOST = (b"host", b"127.0.0.1:5005")


async def asked(app: FastAPI, path: str, *headers: tuple[bytes, bytes]) -> tuple[int, dict[str, str], bytes]:
    """What the application answers to a GET, without a server around it."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [HOST, *headers],
    }  # fmt: skip
    await app(scope, receive, send)
    head = {name.decode().lower(): value.decode() for name, value in said[0]["headers"]}
    return int(said[0]["status"]), head, b"".join(message.get("body", b"") for message in said[1:])


@pytest.mark.anyio
async def test_the_first_request_waits_for_no_validator_of_a_refusal(
    sq: SparkQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[object] = []
    build = TypeAdapter.__init__

    def counted(self: TypeAdapter[Any], type_: Any, **options: Any) -> None:
        built.append(type_)
        build(self, type_, **options)

    monkeypatch.setattr(TypeAdapter, "__init__", counted)
    await asked(create_app(ReloadableProject(lambda: sq)), "/api/nothing")

    assert built
    assert not [type_ for type_ in built if Refusal in (type_, *get_args(type_))]


@pytest.mark.anyio
async def test_a_defect_is_logged_whole_and_answered_without_it(sq: SparkQ, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(ReloadableProject(lambda: sq))

    @app.get("/api/broken")
    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    status, headers, body = await asked(app, "/api/broken")

    assert (status, json.loads(body)["error"]) == (500, "defect")
    assert b"secret" not in body
    assert headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "ZeroDivisionError: secret detail" in caplog.text


@holds("http-status")
@pytest.mark.anyio
async def test_a_busy_store_says_when_to_come_back(sq: SparkQ) -> None:
    answer = await answer_core_error(Request({"type": "http"}), Busy("The database is locked.", "Try again."))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.anyio
async def test_another_door_is_a_guest_behind_the_same_guard(sq: SparkQ) -> None:
    running: list[str] = []

    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse("from the guest")

    @asynccontextmanager
    async def around() -> AsyncIterator[None]:
        running.append("begun")
        yield
        running.append("ended")

    app = create_app(
        ReloadableProject(lambda: sq), guests=[Guest([Route("/mcp", page)], around, lambda: running.append("closed"))]
    )
    async with app.router.lifespan_context(app):
        assert running == ["begun"]
        assert (await asked(app, "/mcp"))[2] == b"from the guest"
        status, headers, _ = await asked(app, "/mcp", (b"origin", b"http://evil.example"))
        assert (status, headers["x-content-type-options"]) == (403, "nosniff")
        app.state.close()
    assert running == ["begun", "closed", "ended"]


@holds("direct-calls")
def test_what_git_says_of_a_result_is_recorded_after_the_answer(own: Path) -> None:
    for command in (
        ["init", "--quiet"],
        ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "--allow-empty", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=own, check=True)
    server = Served(own)
    try:
        server.call.post("/api/queues", name="backend")
        number = server.call.done("backend")
        until(lambda: "git_after" in server.call.get(f"/api/tasks/{number}")["history"][0])
        attempt = server.call.get(f"/api/tasks/{number}")["history"][0]
    finally:
        server.stop()

    assert attempt["git_after"]["head"] == attempt["git_before"]["head"]


def test_the_head_of_an_endless_stream_is_told_at_once(call: Caller) -> None:
    reply = call.send("HEAD", "/api/events")

    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-type"].startswith("text/event-stream")


def test_the_server_serves_while_a_stream_replays(call: Caller, behind: SparkQ, line: str) -> None:
    made = queues.create(behind, f"{line}-long").name
    tasks.enqueue_all(behind, made, [tasks.Draft("one")] * 2000)

    with listening(call.port, "/api/events?after=0"):
        assert call.get("/api/health").status == 200


@holds("busy-aside")
def test_a_lock_of_another_process_stops_only_those_who_write(call: Caller, behind: SparkQ, line: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        with behind.db.write():
            writer = threads.submit(call.add, line)
            for path in ("/", "/api/queues", f"/api/tasks?queue={line}", "/api/inbox", "/api/version") * 3:
                assert call.get(path).status == 200
            assert not writer.done()
        assert call.get(f"/api/tasks/{writer.result()}")["queue"] == line
