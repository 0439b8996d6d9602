"""Rows 15 to 18 and 20: what a client waits for when it starts `sparkq mcp`, what an idle server holds, and `sparkq connect`."""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from bench.figure import Figure, at_most, interleaved, resident, spread
from bench.start_up import INITIALIZE, INITIALIZED, LIST_TOOLS, MINIMAL_SERVER, prepare

ROUNDS = 9
IDLE_SECONDS = 8
"""The upkeep begins after one second, and its first round five seconds later."""

PROMPTS = {"jsonrpc": "2.0", "id": 3, "method": "prompts/list"}
RESOURCES = {"jsonrpc": "2.0", "id": 4, "method": "resources/list"}
CLAIM = {
    "jsonrpc": "2.0",
    "id": 5,
    "method": "tools/call",
    "params": {"name": "claim", "arguments": {"queue": "main"}},
}

SDK_FIRST = """
import sys
from rich.logging import RichHandler
from sparkq_mcp.transport import stdio
from sparkq_mcp.transport.reception import Handover

stdio.Server._receive = lambda self, client: Handover((), b"", b"")
stdio.main(sys.argv[1:])
"""
"""The server as it was: it loaded the SDK, and with it the log handler of MCPServer, before it answered anything."""


class Server:
    """An MCP server process, spoken to in lines."""

    def __init__(self, *command: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, *requests: dict[str, Any]) -> dict[str, Any]:
        """Send the requests at once. Return the answer to the last one."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("".join(json.dumps(request) + "\n" for request in requests))
        while (answer := json.loads(self.process.stdout.readline())).get("id") != requests[-1]["id"]:
            pass
        return dict(answer)

    def megabytes(self) -> float:
        return resident(self.process.pid)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


def until(request: dict[str, Any], *command: str, folder: Path) -> Callable[[], None]:
    """A server from its start to its answer to `request`, asked as clients do: each step after the one before."""

    def run() -> None:
        server = Server(*command, folder=folder)
        server.ask(INITIALIZE)
        server.ask(INITIALIZED, LIST_TOOLS)
        if request is not LIST_TOOLS:
            assert "result" in server.ask(request)
        server.close()

    return run


def idle(*command: str, folder: Path) -> float:
    """The megabytes of a server that was asked for its lists and then left alone."""
    server = Server(*command, folder=folder)
    server.ask(INITIALIZE)
    for request in (LIST_TOOLS, PROMPTS, RESOURCES):
        server.ask(request)
    time.sleep(IDLE_SECONDS)  # its upkeep has begun by then
    megabytes = server.megabytes()
    server.close()
    return megabytes


def core_seconds(*command: str, folder: Path) -> float:
    """The seconds of a core that a command and its children take."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def server_seconds(*command: str, folder: Path) -> float:
    """The seconds of a core that a server takes to its first tools/list."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    until(LIST_TOOLS, *command, folder=folder)()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


@contextmanager
def locked(folder: Path) -> Any:
    """Hold an exclusive lock on the database of a project."""
    connection = apsw.Connection(str(folder / "sparkq/data/sparkq.db"))
    connection.execute("SELECT count(*) FROM tasks").fetchall()  # the log is there
    connection.pragma("locking_mode", "exclusive")
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def measure() -> list[Figure]:
    """Every round starts each server once, in turn."""
    sparkq = str(Path(sys.executable).with_name("sparkq"))
    with tempfile.TemporaryDirectory(prefix="sparkq-bench-") as name:
        folder = Path(name) / "project"
        nowhere = Path(name) / "nowhere"
        for each in (folder, nowhere):
            each.mkdir()
        prepare(folder)
        minimal, first = Path(name) / "minimal.py", Path(name) / "first.py"
        minimal.write_text(MINIMAL_SERVER)
        first.write_text(SDK_FIRST)
        stock = (sys.executable, str(minimal))
        times = interleaved(
            ROUNDS,
            stock=until(LIST_TOOLS, *stock, folder=folder),
            ours=until(LIST_TOOLS, sparkq, "mcp", folder=folder),
            claim=until(CLAIM, sparkq, "mcp", folder=folder),
            claim_sdk_first=until(CLAIM, sys.executable, str(first), folder=folder),
        )
        memory = {
            "where nothing was set up": idle(sparkq, "mcp", "--needs-project", folder=nowhere),
            "with a project, before the first call": idle(sparkq, "mcp", folder=folder),
        }
        connect = [core_seconds(sparkq, "connect", "claude-code", "--no-allow", folder=folder) for _ in range(5)]
        stock_core = [server_seconds(*stock, folder=folder) for _ in range(5)]
        with locked(folder):
            during = interleaved(3, ours=until(LIST_TOOLS, sparkq, "mcp", folder=folder))["ours"]
            server = Server(sparkq, "mcp", folder=folder)
            server.ask(INITIALIZE)
            server.ask(CLAIM)  # loads the SDK
            started = time.perf_counter()
            assert server.ask(CLAIM)["result"]["isError"]
            refused = time.perf_counter() - started
            server.close()
    middle = {name: statistics.median(seconds) for name, seconds in times.items()}
    ms = {name: f"{middle[name] * 1000:.0f} ms ({spread(times[name])})" for name in times}
    cores = statistics.median(connect), statistics.median(stock_core)
    blocked = statistics.median(during)
    return [
        at_most(15, "sparkq mcp to initialize and tools/list against a one-tool MCPServer", middle["ours"] / middle["stock"], 0.25, beside=f"{ms['ours']} against {ms['stock']}"),
        at_most(16, "start to the first claim against a server that loads the SDK first", middle["claim"] / middle["claim_sdk_first"], 1.0, beside=f"{ms['claim']} against {ms['claim_sdk_first']}"),
        *(at_most(17, f"resident memory of an idle server {where}", megabytes, 30, unit="MB") for where, megabytes in memory.items()),
        at_most(18, "a core's time of sparkq connect against the start of a one-tool MCPServer", cores[0] / cores[1], 0.8, beside=f"{cores[0] * 1000:.0f} ms against {cores[1] * 1000:.0f} ms"),
        at_most(20, "the same start while the database is locked, against a one-tool MCPServer", blocked / middle["stock"], 0.25, beside=f"{blocked * 1000:.0f} ms"),
        at_most(20, "a call is refused while the database is locked", refused, 2.5, unit="s"),
    ]  # fmt: skip
