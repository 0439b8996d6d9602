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
ROWS = range(1, 24)
FELT = (7, 15, 16, 17, 18, 20, 21, 22, 19, 12, 11, 23)
TABLES = {
    "What you and your clients wait for": FELT,
    "The core, the servers and their peers": tuple(row for row in ROWS if row not in FELT),
}
"""The rows of each table, in its order."""

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
    table = [f"Measured {day} on two cores, {machine}."]
    for title, rows in TABLES.items():
        table += ["", f"### {title}", "", "| # | what | figure | goal | |", "|---|---|---|---|---|"]
        table += [_line(figure) for row in rows for figure in figures if figure.row == row]
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    PAGE.write_text("\n".join([f"{before}{MARKS[0]}", "", *table, "", f"{MARKS[1]}{after}"]), encoding="utf-8")


def _line(figure: Figure) -> str:
    short = "**short** " if figure.good is False else ""
    return f"| {figure.row} | {figure.what} | {short}{figure.figure} | {figure.goal} | {figure.beside} |"


if __name__ == "__main__":
    sys.exit(main())
