"""A measured figure with its goal, and how figures are measured: interleaved, so that the machine's moods hit all alike."""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from sparkq_core import project, queues
from sparkq_core.clock import SystemClock
from sparkq_core.config import loading
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema

BUILD = Path(__file__).parent.parent / ".build"
PYTHON = BUILD / "peers/bin/python"
"""The environment of the peers, made by the first bench that needs it."""


class Figure(NamedTuple):
    """One line of the table. `good` is None where there is nothing to compare with a goal."""

    row: int
    what: str
    figure: str
    goal: str = ""
    good: bool | None = None
    beside: str = ""


def at_least(row: int, what: str, value: float, goal: float, unit: str = "×", beside: str = "") -> Figure:
    """A figure that must not be smaller than its goal."""
    return Figure(row, what, f"{value:,.2f} {unit}", f"≥ {goal:g}", value >= goal, beside)


def at_most(row: int, what: str, value: float, goal: float, unit: str = "×", beside: str = "") -> Figure:
    """A figure that must not be larger than its goal."""
    return Figure(row, what, f"{value:,.2f} {unit}", f"≤ {goal:g}", value <= goal, beside)


def interleaved(rounds: int, **runs: Callable[[], object]) -> dict[str, list[float]]:
    """Seconds of each run, round by round in turn; the first round warms up and does not count."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
    return {name: seconds[1:] for name, seconds in times.items()}


def medians(times: dict[str, list[float]]) -> dict[str, float]:
    """The middle of each."""
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def spread(values: list[float], scale: float = 1000, unit: str = "ms") -> str:
    """From the least to the most, in thousandths."""
    return f"{min(values) * scale:.3g}–{max(values) * scale:.3g} {unit}"


def middle_half(values: list[float], scale: float) -> str:
    """Between which values half of them are: for single calls, of which one in a hundred writes back the log."""
    low, _, high = statistics.quantiles(values, n=4)
    return f"{low * scale:.0f}–{high * scale:.0f}"


def by_round(over: list[float], under: list[float]) -> str:
    """From the least to the most that the ratio was in a round."""
    ratios = [slow / fast for slow, fast in zip(over, under, strict=True)]
    return f"{min(ratios):.2f}–{max(ratios):.2f}"


def percentile(values: list[float], part: float) -> float:
    """The value that `part` (0 to 1) of the measurements do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


@contextlib.contextmanager
def opened(synchronous: str = "full") -> Iterator[SparkQ]:
    """A new project in a folder of its own, with one queue."""
    with tempfile.TemporaryDirectory(prefix="sparkq-bench-") as name:
        root = Path(name)
        (root / "sparkq.yml").write_text(f"changes: off\ndatabase:\n  synchronous: {synchronous}\n")
        schema.create(loading.load(root, {}).database, "bench", SystemClock())
        sq = project.open(root, env={})
        queues.create(sq, "main")
        yield sq
        sq.close()


def resident(process: int) -> float:
    """Return the megabytes that a process has in memory."""
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))
