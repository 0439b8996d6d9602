"""Row 7: start-up, as whole processes: commands against `import typer`."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.figure import Figure, at_most, interleaved, spread

ROUNDS = 15

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


class Case(NamedTuple):
    """Something to time: `goal` is the most that its median may be of `base`'s."""

    row: int
    name: str
    run: Callable[[], None]
    base: str = ""
    goal: float = 0.0


def command(*arguments: str, folder: Path) -> Callable[[], None]:
    """A process from its start to its end."""

    def run() -> None:
        subprocess.run(arguments, cwd=folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)

    return run


def cases(folder: Path) -> list[Case]:
    """What is compared, in a project with a hundred tasks."""
    sparkq = str(Path(sys.executable).with_name("sparkq"))
    typer = "import typer"
    return [
        Case(7, typer, command(sys.executable, "-c", "import typer", folder=folder)),
        Case(7, "sparkq --help", command(sparkq, "--help", folder=folder), typer, 1.6),
        Case(7, "sparkq tasks --limit 20", command(sparkq, "tasks", "--limit", "20", folder=folder), typer, 1.6),
        Case(7, "sparkq peek", command(sparkq, "peek", folder=folder), typer, 1.6),
        Case(7, "sparkq enqueue", command(sparkq, "enqueue", "one more", "--quiet", folder=folder), typer, 1.6),
    ]


def prepare(folder: Path) -> None:
    """A project with a hundred tasks, made by the command."""
    sparkq = str(Path(sys.executable).with_name("sparkq"))
    for arguments in (("setup", "--yes"), ("queue", "create", "main")):
        subprocess.run([sparkq, *arguments], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    for number in range(100):
        subprocess.run([sparkq, "enqueue", f"Task {number}", "--quiet"], cwd=folder, check=True)


def measure() -> list[Figure]:
    """Every round runs each candidate once, in turn."""
    with tempfile.TemporaryDirectory(prefix="sparkq-bench-") as name:
        folder = Path(name)
        prepare(folder)
        candidates = cases(folder)
        times = interleaved(ROUNDS, **{case.name: case.run for case in candidates})
    figures = []
    for case in candidates:
        if case.base:
            ratio = statistics.median(times[case.name]) / statistics.median(times[case.base])
            beside = f"{statistics.median(times[case.name]) * 1000:.0f} ms ({spread(times[case.name])}) against {statistics.median(times[case.base]) * 1000:.0f} ms"
            figures.append(at_most(case.row, f"{case.name} against {case.base}", ratio, case.goal, beside=beside))
    return figures
