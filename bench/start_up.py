"""Start-up, as whole processes: the commands against `import typer`, the MCP server against a one-tool MCPServer.

Every round runs each candidate once, in turn, so that whatever else the machine does falls on all of them.
Prints medians with their spread, the ratio, and the goal; exits 1 when a goal is missed.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MINIMAL_SERVER = """
from mcp.server import MCPServer

server = MCPServer("minimal")


@server.tool()
async def nothing() -> str:
    return ""


server.run()
"""

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST_TOOLS = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


@dataclass(frozen=True)
class Case:
    """Something to time: `goal` is the most that its median may be of `base`'s."""

    name: str
    run: Callable[[], None]
    base: str = ""
    goal: float = 0.0


def command(*arguments: str, folder: Path) -> Callable[[], None]:
    """A process from its start to its end."""

    def run() -> None:
        subprocess.run(arguments, cwd=folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)

    return run


def first_tools(*arguments: str, folder: Path) -> Callable[[], None]:
    """An MCP server from its start to its answer to the first tools/list."""

    def run() -> None:
        with subprocess.Popen(
            arguments, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            for message in (INITIALIZE, INITIALIZED, LIST_TOOLS):
                server.stdin.write(json.dumps(message) + "\n")
            server.stdin.flush()
            while json.loads(server.stdout.readline()).get("id") != 2:
                pass
            server.stdin.close()

    return run


def cases(folder: Path) -> list[Case]:
    """What is compared, in a project with a hundred tasks."""
    sparkq = str(Path(sys.executable).with_name("sparkq"))
    minimal = folder / "minimal.py"
    minimal.write_text(MINIMAL_SERVER)
    return [
        Case("import typer", command(sys.executable, "-c", "import typer", folder=folder)),
        Case("sparkq --help", command(sparkq, "--help", folder=folder), "import typer", 2.0),
        Case("sparkq tasks", command(sparkq, "tasks", "--limit", "20", folder=folder), "import typer", 2.0),
        Case("sparkq peek", command(sparkq, "peek", folder=folder), "import typer", 2.0),
        Case("one-tool MCPServer", first_tools(sys.executable, str(minimal), folder=folder)),
        Case("sparkq mcp", first_tools(sparkq, "mcp", folder=folder), "one-tool MCPServer", 1.15),
    ]


def prepare(folder: Path) -> None:
    """A project with a hundred tasks, made by the command."""
    sparkq = str(Path(sys.executable).with_name("sparkq"))
    for arguments in (("setup", "--yes"), ("queue", "create", "main")):
        subprocess.run([sparkq, *arguments], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    for number in range(100):
        subprocess.run([sparkq, "enqueue", f"Task {number}", "--quiet"], cwd=folder, check=True)


def measure(found: list[Case], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each case, round by round."""
    times: dict[str, list[float]] = {case.name: [] for case in found}
    for _ in range(rounds + 1):
        for case in found:
            started = time.perf_counter()
            case.run()
            times[case.name].append((time.perf_counter() - started) * 1000)
    return {name: all_times[1:] for name, all_times in times.items()}


def main() -> int:
    """Print the table; the number of missed goals is the exit code."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    missed = 0
    with tempfile.TemporaryDirectory(prefix="sparkq-bench-") as name:
        folder = Path(name)
        prepare(folder)
        found = cases(folder)
        times = measure(found, rounds)
    print(f"{'':22}{'median':>10}{'spread':>18}{'ratio':>8}{'goal':>8}")
    for case in found:
        middle = statistics.median(times[case.name])
        spread = f"{min(times[case.name]):.0f}-{max(times[case.name]):.0f}"
        line = f"{case.name:22}{middle:7.0f} ms{spread:>15} ms"
        if case.base:
            ratio = middle / statistics.median(times[case.base])
            short = ratio > case.goal
            missed += short
            line += f"{ratio:8.2f}{case.goal:8.2f}{'  FALLS SHORT' if short else ''}"
        print(line)
    return missed


if __name__ == "__main__":
    sys.exit(main())
