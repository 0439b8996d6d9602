"""The change feed: what any process writes, as it happens, from where the listener left off."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from sparkq_core import events, queues, tasks
from sparkq_core.errors import Busy
from sparkq_core.project import SparkQ
from sparkq_http import live
from sparkq_http.live import HEARTBEAT, TOO_SLOW, Feed, frame
from sparkq_http.project import ReloadableProject
from tests.harness.waiting import SECONDS
from tests.http.caller import Caller, Served
from tests.promises import holds


class Stream:
    """An open event stream, read line by line."""

    def __init__(self, port: int, path: str = "/api/events", last: int | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        resumed = f"Last-Event-ID: {last}\r\n" if last is not None else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{resumed}\r\n".encode())
        self.lines = self.socket.makefile("rb")
        self.head = b"".join(iter(self.lines.readline, b"\r\n"))
        self.begins = self.frame()

    def frame(self) -> dict[str, str]:
        """The fields of the next message; chunk sizes and blank lines passed over. Empty at the end of the stream."""
        fields: dict[str, str] = {}
        for raw in iter(self.lines.readline, b""):
            text = raw.decode().strip()
            name, colon, value = text.partition(":")
            if colon:
                fields[name] = value.strip()
            elif fields and not text:
                return fields
        return fields

    def event(self) -> dict[str, Any]:
        """The next event."""
        frame = self.frame()
        answer = json.loads(frame["data"])
        assert str(answer["id"]) == frame["id"]
        assert isinstance(answer, dict)
        return answer


@contextmanager
def listening(port: int, path: str = "/api/events", last: int | None = None) -> Iterator[Stream]:
    stream = Stream(port, path, last)
    try:
        yield stream
    finally:
        stream.lines.close()
        stream.socket.close()


@holds("rest-events")
def test_what_another_process_writes_arrives_within_half_a_second(served: Served, behind: SparkQ, line: str) -> None:
    took = []
    with listening(served.port) as stream:
        for _ in range(3):
            added = tasks.enqueue(behind, line, "one").task
            begun = time.monotonic()
            event = stream.event()
            took.append(time.monotonic() - begun)
            assert (event["kind"], event["task_id"], event["queue_id"]) == ("enqueued", added.id, str(added.queue_id))

    assert min(took) < 0.5  # the machine may be busy now and then, not each time


def test_a_bulk_of_many_pages_arrives_whole(served: Served, behind: SparkQ, line: str) -> None:
    count = 2 * events.PAGE + 100
    with listening(served.port) as stream:
        tasks.enqueue_all(behind, line, [tasks.Draft(f"task {number}") for number in range(count)])
        ids = [stream.event()["task_id"] for _ in range(count)]

    assert ids == list(range(ids[0], ids[0] + count))


def test_what_the_server_itself_writes_arrives_too(call: Caller, line: str) -> None:
    with listening(call.port) as stream:
        number = call.running(line)

        assert [(stream.event()["kind"]) for _ in range(2)] == ["enqueued", "claimed"]
    assert call.get(f"/api/tasks/{number}")["status"] == "running"


def test_the_stream_says_what_it_is(call: Caller) -> None:
    with listening(call.port) as stream:
        assert b"content-type: text/event-stream" in stream.head
        assert b"cache-control: no-store" in stream.head
        assert stream.begins["event"] == "server"
        health = call.get("/health").facts
        named = {key: health[key] for key in ("project", "project_id", "version")}
        assert json.loads(stream.begins["data"]) == named


@holds("rest-events")
@pytest.mark.parametrize("by_header", [True, False])
def test_a_listener_goes_on_where_it_left_off(call: Caller, line: str, by_header: bool) -> None:
    with listening(call.port) as stream:
        first = call.add(line)
        seen = stream.event()["id"]
    missed = [call.add(line), call.add(line)]
    path = "/api/events?after=0" if by_header else f"/api/events?after={seen}"

    with listening(call.port, path, seen if by_header else None) as again:
        assert [again.event()["task_id"] for _ in missed] == missed
        assert first not in missed
        now = call.add(line)
        assert again.event()["task_id"] == now


def test_everything_can_be_read_from_the_beginning(call: Caller, behind: SparkQ, line: str) -> None:
    made = queues.create(behind, f"{line}-many").name
    tasks.enqueue_all(behind, made, [tasks.Draft(f"task {number}") for number in range(1200)])
    newest = events.last(behind)

    with listening(call.port, "/api/events?after=0") as stream:
        ids = [stream.event()["id"]]
        while ids[-1] < newest:
            ids.append(stream.event()["id"])
    assert ids == sorted(set(ids))
    assert len(ids) >= 1200


@pytest.mark.parametrize("after", ["-1", "x", str(2**60)])
def test_a_place_that_cannot_be_is_malformed(call: Caller, after: str) -> None:
    call.get(f"/api/events?after={after}").refused(422, "malformed")


def test_a_place_that_nobody_knows_begins_now(call: Caller, line: str) -> None:
    for header in (10**14, "x'; --"):
        with listening(call.port, last=header) as stream:  # type: ignore[arg-type]  # one that is none
            number = call.add(line)
            assert stream.event()["task_id"] == number


def test_a_listener_that_went_away_does_not_disturb(call: Caller, line: str) -> None:
    for _ in range(20):
        with listening(call.port):
            pass
    with listening(call.port) as stream:
        number = call.add(line)
        assert stream.event()["task_id"] == number


@pytest.mark.anyio
async def test_silence_is_filled_with_a_heartbeat(sq: SparkQ) -> None:
    stream = Feed(ReloadableProject(lambda: sq), heartbeat=0.01).follow(None)

    assert b"retry" in await anext(stream)
    assert [await anext(stream), await anext(stream)] == [HEARTBEAT, HEARTBEAT]
    await stream.aclose()  # type: ignore[attr-defined]  # a generator


@pytest.mark.anyio
async def test_a_slow_reader_is_dropped_and_comes_back_without_loss(sq: SparkQ, queue: str) -> None:
    feed = Feed(ReloadableProject(lambda: sq), room=10)
    slow = feed.follow(None)
    await anext(slow)
    heard: list[bytes] = []
    async with anyio.create_task_group() as group:
        group.start_soon(_read, slow, heard)
        await anyio.wait_all_tasks_blocked()
        tasks.enqueue_all(sq, queue, [tasks.Draft(f"task {number}") for number in range(30)])
        feed.deliver()
    assert heard == [TOO_SLOW]

    again = feed.follow(0)
    await anext(again)
    ids = [event.id for event in events.after(sq, 0)]
    assert [await anext(again) for _ in ids] == [frame(event) for event in events.after(sq, 0)]
    feed.close()
    assert [task async for task in again] == []


@pytest.mark.anyio
@pytest.mark.parametrize("trouble", [Busy("The database is locked."), ZeroDivisionError("a defect")])
async def test_what_was_written_while_the_log_could_not_be_read_is_told_after_the_pause(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """The watch wakes the feed once for this write; how often the real one does, the kernel decides."""
    troubles, wakes = [trouble], []

    @contextmanager
    def watching(_: SparkQ, wake: Callable[[], object]) -> Iterator[None]:
        wakes.append(wake)
        yield

    class Troubled(Feed):
        def deliver(self) -> bool:
            if events.last(sq) != self._last and troubles:
                raise troubles.pop()
            return super().deliver()

    async def hear() -> None:
        sent.append(await anext(stream))
        group.cancel_scope.cancel()

    monkeypatch.setattr(live, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(live, "watching", watching)
    feed = Troubled(ReloadableProject(lambda: sq))
    stream = feed.follow(None)
    await anext(stream)
    sent: list[bytes] = []
    with anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as group:
            group.start_soon(feed.run)
            group.start_soon(hear)
            await anyio.wait_all_tasks_blocked()
            added = tasks.enqueue(sq, queue, "one").task
            wakes[0]()

    assert f'"task_id":{added.id}'.encode() in sent[0]
    assert troubles == []


async def _read(stream: Any, heard: list[bytes]) -> None:
    async for event in stream:
        heard.append(event)


@pytest.mark.anyio
async def test_a_long_text_is_cut_in_the_feed(sq: SparkQ, queue: str) -> None:
    tasks.enqueue(sq, queue, "one")
    claim = tasks.claim(sq, queue, "ann")
    assert claim is not None
    tasks.progress(sq, claim.task.id, "x" * 100_000)

    assert len(frame(events.after(sq, 0)[-1])) < 3000


@holds("live-changes")
def test_a_burst_is_a_message_with_what_it_touched(served: Served, behind: SparkQ, line: str) -> None:
    with listening(served.port, "/api/events?changes=true") as stream:
        tasks.enqueue_all(behind, line, [tasks.Draft(f"task {number}") for number in range(50)])
        frame = stream.frame()
    data = json.loads(frame["data"])

    assert frame["event"] == "changes"
    assert data["kinds"] == ["enqueued"]
    assert len(data["tasks"]) == 50
    assert [(queue["name"], queue["queued"]) for queue in data["queues"]] == [(line, 50)]
    assert "everything" not in data


@holds("live-changes")
def test_what_touches_more_than_is_listed_says_so(served: Served, behind: SparkQ, line: str) -> None:
    last = events.last(behind)
    tasks.enqueue_all(behind, line, [tasks.Draft(f"task {number}") for number in range(300)])
    with listening(served.port, "/api/events?changes=true", last=last) as stream:
        data = json.loads(stream.frame()["data"])

    assert (len(data["tasks"]), data["everything"]) == (200, True)


@holds("live-changes")
def test_a_queue_is_touched_without_a_task(served: Served, behind: SparkQ, line: str) -> None:
    with listening(served.port, "/api/events?changes=true") as stream:
        queues.pause(behind, line)
        data = json.loads(stream.frame()["data"])

    assert (data["kinds"], data["tasks"]) == (["queue paused"], [])
    assert "paused_at" in data["queues"][0]
