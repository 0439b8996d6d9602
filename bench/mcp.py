"""Rows 8 and 9: calls over stdio against the stock MCPServer, and resident memory."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.figure import Figure, at_least, at_most, by_round, opened, resident
from bench.start_up import INITIALIZE, INITIALIZED, LIST_TOOLS, MINIMAL_SERVER
from sparkq_core import tasks

CALLS = 200
ROUNDS = 15
FLIGHT = 8


class Server:
    """An MCP server process, spoken to in lines."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.number = 2
        for message in (INITIALIZE, INITIALIZED, LIST_TOOLS):
            self.send(message)
        while self.read().get("id") != 2:
            pass

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def call(self, tool: str, arguments: dict[str, Any]) -> None:
        self.number += 1
        params = {"name": tool, "arguments": arguments}
        self.send({"jsonrpc": "2.0", "id": self.number, "method": "tools/call", "params": params})

    def one_at_a_time(self, tool: str, arguments: dict[str, Any]) -> float:
        """Seconds of a call."""
        started = time.perf_counter()
        for _ in range(CALLS):
            self.call(tool, arguments)
            assert not self.read()["result"].get("isError")
        return (time.perf_counter() - started) / CALLS

    def in_flight(self, tool: str, arguments: dict[str, Any]) -> float:
        """Calls a second with eight on their way."""
        started = time.perf_counter()
        for _ in range(FLIGHT):
            self.call(tool, arguments)
        for _ in range(CALLS - FLIGHT):
            self.read()
            self.call(tool, arguments)
        for _ in range(FLIGHT):
            self.read()
        return CALLS / (time.perf_counter() - started)

    def megabytes(self) -> float:
        return resident(self.process.pid)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


EMPTY = """
import sys
from sparkq_mcp import tools
from sparkq_mcp.tool import StrictTool
from sparkq_mcp.transport import first_answers, stdio
from mcp_types import CallToolResult, TextContent

async def nothing(ctx: tools.Context) -> CallToolResult:
    \"\"\"Nothing.\"\"\"
    return CallToolResult(content=[TextContent(type="text", text="")])

real, offered = tools.all_tools, first_answers.offered
tools.all_tools = lambda: [*real(), StrictTool.of(nothing, title="Nothing")]
first_answers.offered = lambda known, **options: [*offered(known, **options), "nothing"]
stdio.main(["--project", sys.argv[1]])
"""


def measure() -> list[Figure]:
    """The stock server has one empty tool on its own transport; ours gets the same tool beside its twelve."""
    with opened() as sq, tempfile.TemporaryDirectory() as name:
        tasks.enqueue(sq, "main", "one")
        minimal, empty = Path(name) / "minimal.py", Path(name) / "empty.py"
        minimal.write_text(MINIMAL_SERVER)
        empty.write_text(EMPTY)
        root = str(sq.config.root)
        stock, ours = Server(sys.executable, str(minimal)), Server(sys.executable, str(empty), root)
        plain = Server(sys.executable, "-m", "sparkq_mcp.transport.stdio", "--project", root)
        plain.one_at_a_time("peek", {"queue": "main"})  # loads the SDK
        memory = (plain.megabytes(), stock.megabytes())
        single: dict[str, list[float]] = {"stock": [], "empty": [], "peek": []}
        flight: dict[str, list[float]] = {"stock": [], "empty": []}
        for _ in range(ROUNDS + 1):
            single["stock"].append(stock.one_at_a_time("nothing", {}))
            single["empty"].append(ours.one_at_a_time("nothing", {}))
            single["peek"].append(ours.one_at_a_time("peek", {"queue": "main"}))
            flight["stock"].append(stock.in_flight("nothing", {}))
            flight["empty"].append(ours.in_flight("nothing", {}))
        for server in (stock, ours, plain):
            server.close()
    took = {name: statistics.median(times[1:]) for name, times in single.items()}
    rate = {name: statistics.median(times[1:]) for name, times in flight.items()}
    micro = {name: f"{seconds * 1e6:.0f} µs" for name, seconds in took.items()}
    return [
        at_most(8, "an empty call against the stock MCPServer", took["empty"] / took["stock"], 0.55, beside=f"{micro['empty']} against {micro['stock']} ({by_round(single['empty'][1:], single['stock'][1:])})"),
        at_least(8, "calls a second with 8 in flight against it", rate["empty"] / rate["stock"], 2.5, beside=f"{rate['empty']:,.0f} against {rate['stock']:,.0f} ({by_round(flight['empty'][1:], flight['stock'][1:])})"),
        at_most(8, "peek against an empty call", took["peek"] / took["empty"], 1.2, beside=f"{micro['peek']} ({by_round(single['peek'][1:], single['empty'][1:])})"),
        at_most(9, "resident memory against a one-tool MCPServer", memory[0] / memory[1], 1.15, beside=f"{memory[0]:.0f} MB against {memory[1]:.0f} MB"),
    ]  # fmt: skip
