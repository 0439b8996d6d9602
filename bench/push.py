"""Row 11: another process's write, seen by a page's event stream and by an MCP listener; what watching costs."""

import http.client
import json
import os
import threading
import time

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from bench.figure import Figure, at_most, opened, percentile
from bench.http import served
from sparkq_core import tasks
from sparkq_core.maintenance import rounds
from sparkq_core.project import SparkQ

WRITES = 100
IDLE_SECONDS = 20.0


def measure() -> list[Figure]:
    """The write is this process's; the listener is another's server."""
    with opened() as sq:
        stream, idle = _stream(sq)
        mcp = anyio.run(_told, sq)
    return [
        at_most(11, "a write seen by the page, p99", percentile(stream, 0.99) * 1000, 50, "ms", f"median {percentile(stream, 0.5) * 1000:.0f} ms"),
        at_most(11, "a write seen by an MCP listener, p99", percentile(mcp, 0.99) * 1000, 50, "ms", f"median {percentile(mcp, 0.5) * 1000:.0f} ms"),
        at_most(11, "an idle server with an open page, of a core", idle * 100, 0.2, "%"),
    ]  # fmt: skip


def _stream(sq: SparkQ) -> tuple[list[float], float]:
    seen: dict[int, float] = {}
    with served(sq.config.root, "ours") as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/api/events")
        answer = connection.getresponse()

        def listen() -> None:
            for line in answer:
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    if event.get("kind") == "enqueued":  # a notice of the stream itself has no kind
                        seen[event["task_id"]] = time.perf_counter()

        threading.Thread(target=listen, daemon=True).start()
        time.sleep(rounds.FIRST_SECONDS + 3)  # the first round has passed, with its imports and the backup of the day
        process = _listener(port)
        before = _cpu(process)
        time.sleep(IDLE_SECONDS)
        idle = (_cpu(process) - before) / IDLE_SECONDS
        written = {}
        for number in range(WRITES):
            task = tasks.enqueue(sq, "main", "one").task.id
            written[task] = time.perf_counter()
            time.sleep(0.03 + number % 7 / 100)
        time.sleep(1.0)
    return [seen[task] - at for task, at in written.items()], idle


def _listener(port: int) -> int:
    """The process that listens on `port`."""
    wanted = f":{port:04X}"
    with open("/proc/net/tcp") as listed:
        (inode,) = (task.split()[9] for task in listed if wanted in task.split()[1] and task.split()[3] == "0A")
    for process in (process for process in os.listdir("/proc") if process.isdigit()):
        try:
            for handle in os.listdir(f"/proc/{process}/fd"):
                if os.readlink(f"/proc/{process}/fd/{handle}") == f"socket:[{inode}]":
                    return int(process)
        except OSError:
            continue
    raise LookupError(port)


def _cpu(process: int) -> float:
    """Seconds of a core that its threads have had, to the nanosecond: the clock ticks of `stat` are too coarse here."""
    total = 0
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


async def _told(sq: SparkQ) -> list[float]:
    import sys

    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "sparkq_mcp.transport.stdio", "--project", str(sq.config.root)],
        env=dict(os.environ),
    )
    times = []
    async with Client(stdio_client(parameters)) as client:
        async with client.listen(resource_subscriptions=["sparkq://queues"]) as heard:
            for number in range(WRITES):
                await anyio.sleep(0.05 + number % 7 / 100)
                started = time.perf_counter()
                await anyio.to_thread.run_sync(tasks.enqueue, sq, "main", "one")
                written = time.perf_counter()
                with anyio.fail_after(5):
                    async for _ in heard:
                        break
                times.append(time.perf_counter() - max(started, written))
    return times
