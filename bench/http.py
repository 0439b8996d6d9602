"""Rows 10 and 20: REST at 16 connections, against FastAPI's usual thread-pool handlers on the same core and against raw ASGI; and
readers while another process holds the write lock."""

import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, at_least, at_most, by_round, opened, percentile
from bench.scale import ATTEMPTS, FILL, PLACES, PROMPTS
from sparkq_core import project, queues, tasks

CONNECTIONS = 16
WARM_SECONDS = 0.5
SECONDS = 1.0
ROUNDS = 3
WAITING = 60_000


def measure() -> list[Figure]:
    """Back to back, by both servers in turn on the same database; then beside a purge."""
    figures = []
    for synchronous in ("normal", "full"):
        with opened(synchronous) as sq:
            tasks.enqueue_all(sq, "main", [tasks.Draft("one")] * WAITING)
            for what in ("claim", "enqueue"):
                figures += _against_the_pool(sq.config.root, what, synchronous)
            if synchronous == "normal":
                ours, raw = _in_turn(sq.config.root, "raw", "list")
                beside = (
                    f"{_rate(ours):,.0f} against {_rate(raw):,.0f} lists/s ({by_round(_counts(ours), _counts(raw))})"
                )
                figures.append(
                    at_least(10, "lists of 50 against raw ASGI", _rate(ours) / _rate(raw), 0.65, beside=beside)
                )
    return [*figures, *_beside_a_purge(), *_beside_a_lock()]


def _against_the_pool(root: Path, what: str, synchronous: str) -> list[Figure]:
    """How much faster than the thread pool's; goals are of NORMAL."""
    ours, pool = _in_turn(root, "pool", what)
    rates = f"{_rate(ours):,.0f} against {_rate(pool):,.0f} a second ({by_round(_counts(ours), _counts(pool))})"
    waits = f"{_p99(ours):.0f} ms against {_p99(pool):.0f} ms"
    name = f"{what}s against thread-pool handlers ({synchronous.upper()})"
    if synchronous == "full":
        return [Figure(10, name, f"{_rate(ours) / _rate(pool):.2f} ×", beside=f"{rates}, p99 {waits}")]
    return [
        at_least(10, name, _rate(ours) / _rate(pool), 1.7, beside=rates),
        at_most(10, f"p99 of these {what}s against theirs", _p99(ours) / _p99(pool), 0.15, beside=waits),
    ]


def _beside_a_purge() -> list[Figure]:
    """One client claims without a pause while the server purges, which is work for a thread of its own."""
    rounds = [_purge_round() for _ in range(ROUNDS)]
    quiet, beside = (sorted(percentile(times, 0.99) * 1000 for times in kind) for kind in zip(*rounds, strict=True))
    claims = [seconds for _, times in rounds for seconds in times]
    said = (
        f"{beside[0]:.1f}–{beside[-1]:.1f} ms in {ROUNDS} purges, {len(claims):,} claims, median "
        f"{percentile(claims, 0.5) * 1000:.1f} ms; without a purge {statistics.median(quiet):.1f} ms"
    )
    return [at_most(10, "p99 of a claim while the server purges", statistics.median(beside), 25, "ms", beside=said)]


def _purge_round() -> tuple[list[float], list[float]]:
    """Seconds of each claim before a purge, and beside it."""
    with opened() as sq:
        queues.create(sq, "other")
        with sq.db.write() as tx:
            for statement, values in ((FILL, {"many": 2 * WAITING}), (PROMPTS, None), (ATTEMPTS, None), (PLACES, None)):
                tx.run(statement, values)
        with served(sq.config.root, "ours") as port:
            return asyncio.run(_purged(port))


async def _purged(port: int) -> tuple[list[float], list[float]]:
    quiet: list[float] = []
    beside: list[float] = []
    await _one(port, "claim", time.perf_counter() + SECONDS, quiet, queue="other")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_request(port, "POST", "/api/purge", b'{"older_than_days":0,"unreviewed_days":0}'))
    await _one(port, "claim", time.perf_counter() + 2 * SECONDS, beside, queue="other")
    writer.close()
    del reader
    return quiet, beside


READS = ("/api/tasks?limit=50", "/api/queues", "/api/inbox", "/api/tasks/1", "/api/board", "/api/tasks?search=one")
LOCKED_READS = 200
OVERDUE = """
UPDATE tasks SET due_at = 1 WHERE status = 'running';
INSERT INTO events (at, kind, task_id) VALUES (1, 'progress', 1);
"""


def _beside_a_lock() -> list[Figure]:
    """Another process holds the write lock while a running task is overdue and a text is not indexed, so that readers would
    write, if they could."""
    with opened() as sq, served(sq.config.root, "ours") as port:
        tasks.enqueue_all(sq, "main", [tasks.Draft("one")] * 500)
        tasks.claim(sq, "main", "bench")
        free = asyncio.run(_read(port))
        connection = sq.db.connection()
        connection.execute(f"BEGIN IMMEDIATE; {OVERDUE} COMMIT; BEGIN IMMEDIATE")
        held = asyncio.run(_read(port))
        connection.execute("ROLLBACK")
    quiet = percentile(free, 0.99) * 1000
    beside = f"median {statistics.median(held) * 1000:.1f} ms, {len(held):,} reads; without it p99 {quiet:.1f} ms"
    return [at_most(20, "p99 of a read while another process holds the write lock", percentile(held, 0.99) * 1000, 20, "ms", beside)]  # fmt: skip


async def _read(port: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for number in range(LOCKED_READS * len(READS)):
        started = time.perf_counter()
        writer.write(_request(port, "GET", READS[number % len(READS)]))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 20"), head
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        times.append(time.perf_counter() - started)
    writer.close()
    return times[len(READS) :]


def _in_turn(root: Path, other: str, what: str) -> tuple[list[list[float]], list[list[float]]]:
    """Seconds of each request that our server and the other one answered, round by round; the first warms up."""
    rounds = [(_load(root, "ours", what), _load(root, other, what)) for _ in range(ROUNDS + 1)][1:]
    return [ours for ours, _ in rounds], [theirs for _, theirs in rounds]


def _counts(rounds: list[list[float]]) -> list[float]:
    return [float(len(times)) for times in rounds]


def _rate(rounds: list[list[float]]) -> float:
    return statistics.median(_counts(rounds)) / SECONDS


def _p99(rounds: list[list[float]]) -> float:
    """Milliseconds."""
    return percentile([seconds for times in rounds for seconds in times], 0.99) * 1000


def _load(root: Path, which: str, what: str) -> list[float]:
    """Seconds of each request that was answered."""
    with served(root, which) as port:
        return asyncio.run(_all(port, what))


async def _all(port: int, what: str) -> list[float]:
    """The first requests of a new server wait for what it loads with them, and do not count."""
    times: list[float] = []
    for seconds, counted in ((WARM_SECONDS, []), (SECONDS, times)):
        end = time.perf_counter() + seconds
        await asyncio.gather(*(_one(port, what, end, counted) for _ in range(CONNECTIONS)))
    return times


async def _one(port: int, what: str, end: float, times: list[float], queue: str = "main") -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = {
        "claim": _request(port, "POST", f"/api/queues/{queue}/claim", b'{"worker_id":"bench"}'),
        "enqueue": _request(port, "POST", "/api/tasks", b'{"queue":"main","prompt":"one"}'),
        "list": _request(port, "GET", "/api/tasks?limit=50&status=queued"),
    }[what]
    while time.perf_counter() < end:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 20"), head
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - started)
    writer.close()


def _request(port: int, method: str, path: str, body: bytes = b"") -> bytes:
    about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{about}\r\n".encode() + body


@contextlib.contextmanager
def served(root: Path, which: str) -> Iterator[int]:
    """One of the three servers in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = (
        ["-m", "sparkq_http.server", "--host", "127.0.0.1", "--port", str(port)]
        if which == "ours"
        else ["-m", "bench.http", which, str(root), str(port)]
    )
    here = {"cwd": root} if which == "ours" else {}
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **here
    ) as server:  # type: ignore[call-overload]  # cwd or nothing
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        try:
            yield port
        finally:
            server.terminate()


def _pool(root: Path) -> object:
    """The same calls as FastAPI's documentation writes handlers: plain functions, which run in its thread pool."""
    from fastapi import FastAPI
    from pydantic import BaseModel

    from sparkq_core import wire

    class Worker(BaseModel):
        worker_id: str

    sq = project.open(root, env={})
    app = FastAPI()

    def claim(body: Worker) -> dict[str, object]:
        found = tasks.claim(sq, "main", body.worker_id)
        return {"task": wire.claimed(found) if found else None}

    claim.__annotations__["body"] = Worker

    class New(BaseModel):
        queue: str
        prompt: str

    def enqueue(body: New) -> dict[str, object]:
        enqueued = tasks.enqueue(sq, body.queue, body.prompt, source="http")
        return {"task": wire.task_brief(enqueued.task, sq.clock.now()), "place": enqueued.place}

    enqueue.__annotations__["body"] = New
    app.post("/api/queues/main/claim")(claim)
    app.post("/api/tasks")(enqueue)
    return app


def _raw(root: Path) -> object:
    """A list of 50 with nothing between the core and the socket."""
    from sparkq_core import wire

    sq = project.open(root, env={})

    async def app(scope: dict[str, object], _receive: object, send: object) -> None:
        if scope["type"] != "http":
            return
        page = tasks.list_page(sq, tasks.Wanted(status="queued"), limit=50)
        body = json.dumps(wire.task_page(page, sq.clock.now()), ensure_ascii=False, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[operator]  # ASGI
        await send({"type": "http.response.body", "body": body})  # type: ignore[operator]  # ASGI

    return app


if __name__ == "__main__":
    import uvicorn

    made = {"pool": _pool, "raw": _raw}[sys.argv[1]](Path(sys.argv[2]))
    uvicorn.run(made, host="127.0.0.1", port=int(sys.argv[3]), log_level="critical", lifespan="off")  # type: ignore[arg-type]  # ASGI
