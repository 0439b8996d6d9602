"""`make bench`: every figure with its goal, as a table, as JSON and as docs/performance.md. `python -m bench core scale` runs some."""

import importlib
import json
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure

MODULES = (
    "core",
    "peers",
    "scale",
    "contention",
    "purge",
    "search",
    "inbox",
    "start_up",
    "mcp_start",
    "mcp",
    "http",
    "push",
    "page",
    "tokens",
    "changes",
)
TOP = Path(__file__).parent.parent
RESULTS = TOP / "bench/results"
PAGE = TOP / "docs/performance.md"
MARKS = ("<!-- figures -->", "<!-- end of figures -->")


def main() -> int:
    """Measure, print, and (for a whole run) write; the number of figures that fall short is the exit code."""
    names = sys.argv[1:] or MODULES
    figures: list[Figure] = []
    for name in names:
        started = time.perf_counter()
        measured = importlib.import_module(f"bench.{name}").measure()
        figures += measured
        for figure in measured:
            print(shown(figure), flush=True)
        print(f"  ({name}: {time.perf_counter() - started:.0f} s)", file=sys.stderr, flush=True)
    if not sys.argv[1:]:
        written(sorted(figures, key=lambda shown: shown.row))
    short = [figure for figure in figures if figure.good is False]
    print(f"{len(figures)} figures, {len(short)} fall short.")
    return min(len(short), 1)


def shown(figure: Figure) -> str:
    """A line of the table."""
    mark = {True: "ok   ", False: "SHORT", None: "     "}[figure.good]
    return f"{figure.row:>2}  {mark}  {figure.what:<68} {figure.figure:>12}  {figure.goal:<7} {figure.beside}"


def written(figures: list[Figure]) -> None:
    """The newest figures as JSON and in the table of docs/performance.md."""
    day = datetime.now(UTC).date().isoformat()
    machine = (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    RESULTS.mkdir(exist_ok=True)
    for older in RESULTS.glob("*.json"):
        older.unlink()
    document = {"date": day, "machine": machine, "figures": [figure._asdict() for figure in figures]}
    (RESULTS / f"{day}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    table = [f"Measured {day} on two cores, {machine}.", "", "| # | what | figure | goal | |", "|---|---|---|---|---|"]
    table += [
        f"| {figure.row} | {figure.what} | {'**short** ' if figure.good is False else ''}{figure.figure} | {figure.goal} | {figure.beside} |"
        for figure in figures
    ]
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    PAGE.write_text("\n".join([f"{before}{MARKS[0]}", "", *table, "", f"{MARKS[1]}{after}"]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
