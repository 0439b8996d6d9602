"""Row 10: REST at 16 connections, against FastAPI's usual thread-pool handlers on the same core and against raw ASGI."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, at_least, at_most, opened, percentile
from sparkq_core import project, tasks

CONNECTIONS = 16
SECONDS = 2.0
WAITING = 60_000


def measure() -> list[Figure]:
    """Claims back to back, then lists of 50, by both servers on the same database."""
    found = []
    for synchronous in ("normal", "full"):
        with opened(synchronous) as sq:
            tasks.enqueue_all(sq, "main", [tasks.Draft("one")] * WAITING)
            root = sq.config.root
            ours = [_load(root, "ours", "claim") for _ in range(2)][-1]
            pool = [_load(root, "pool", "claim") for _ in range(2)][-1]
            beside = f"{len(ours) / SECONDS:,.0f} claims/s against {len(pool) / SECONDS:,.0f}"
            slow = (percentile(ours, 0.99) * 1000, percentile(pool, 0.99) * 1000)
            if synchronous == "normal":
                found.append(
                    at_least(
                        10, "claims against thread-pool handlers (NORMAL)", len(ours) / len(pool), 1.7, beside=beside
                    )
                )
                found.append(
                    at_most(
                        10,
                        "p99 of a claim against theirs (NORMAL)",
                        slow[0] / slow[1],
                        0.1,
                        beside=f"{slow[0]:.0f} ms against {slow[1]:.0f} ms",
                    )
                )
                lists = (len(_load(root, "ours", "list")), len(_load(root, "raw", "list")))
                found.append(
                    at_least(
                        10,
                        "lists of 50 against raw ASGI",
                        lists[0] / lists[1],
                        0.65,
                        beside=f"{lists[0] / SECONDS:,.0f} against {lists[1] / SECONDS:,.0f} lists/s",
                    )
                )
            else:
                found.append(
                    Figure(
                        10,
                        "claims against thread-pool handlers (FULL)",
                        f"{len(ours) / len(pool):.2f} ×",
                        beside=f"{beside}, p99 {slow[0]:.0f} ms against {slow[1]:.0f} ms",
                    )
                )
    return found


def _load(root: Path, which: str, what: str) -> list[float]:
    """Seconds of each request that was answered."""
    with served(root, which) as port:
        return asyncio.run(_all(port, what))


async def _all(port: int, what: str) -> list[float]:
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    await asyncio.gather(*(_one(port, what, end, times) for _ in range(CONNECTIONS)))
    return times


async def _one(port: int, what: str, end: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b'{"worker_id":"bench"}'
    request = (
        f"POST /api/queues/main/claim HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        if what == "claim"
        else f"GET /api/tasks?limit=50&status=queued HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    )
    while time.perf_counter() < end:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - started)
    writer.close()


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
    app.post("/api/queues/main/claim")(claim)
    return app


def _raw(root: Path) -> object:
    """A list of 50 with nothing between the core and the socket."""
    from sparkq_core import wire

    sq = project.open(root, env={})

    async def app(scope: dict[str, object], _receive: object, send: object) -> None:
        if scope["type"] != "http":
            return
        found = tasks.page(sq, tasks.Wanted(status="queued"), limit=50)
        body = json.dumps(wire.page(found, sq.clock.now()), ensure_ascii=False, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[operator]  # ASGI
        await send({"type": "http.response.body", "body": body})  # type: ignore[operator]  # ASGI

    return app


if __name__ == "__main__":
    import uvicorn

    made = {"pool": _pool, "raw": _raw}[sys.argv[1]](Path(sys.argv[2]))
    uvicorn.run(made, host="127.0.0.1", port=int(sys.argv[3]), log_level="critical", lifespan="off")  # type: ignore[arg-type]  # ASGI
