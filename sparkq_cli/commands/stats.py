"""`sparkq stats`"""

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, OnlyQueue, new_app
from sparkq_cli.period import Day, Since, period
from sparkq_core import report_markdown, statistics, times, wire
from sparkq_core.clock import date
from sparkq_core.statistics import Numbers, Statistics
from sparkq_core.text import safe

app = new_app()

HEADS = ("DONE", "FAILED", "TIMED OUT", "MEDIAN", "P90", "COST")
MOST_EMPTY = 7
"""Days without work are shown among this many days: in a longer time they are left out."""


@app.command()
def stats(
    since: Since = None,
    day: Day = None,
    queue: OnlyQueue = None,
    json: Json = False,
) -> None:
    """Show by queue and day how many tasks were done or failed, how long they took, and what waits for your review.

    Without --since or --day it is of the last seven days. MEDIAN and P90 are of the tasks that were done: half of them,
    and nine of ten, took at most so long.

    Examples:
      sparkq stats
      sparkq stats --since 30d --queue backend
    """
    sq = open_sparkq()
    begin, end = period(since, day, "7d", sq.clock.now())
    shown = statistics.of(sq, begin, end, queue=queue)
    if json:
        show.json_line(wire.statistics(shown))
        return
    if not shown.queues:
        show.say("Nothing ended in this time, and nothing waits for your review.")
        return
    _by_queue(shown)
    _by_day(shown)
    if shown.purged:
        show.say(f"\n{report_markdown.of_purged(shown.purged)}.")
    if shown.unreviewed:
        show.say(f"\n{shown.unreviewed} to review: sparkq review")


def _by_queue(shown: Statistics) -> None:
    rows = [
        [safe(name), *_cells(each.numbers), str(each.unreviewed) if each.unreviewed else ""]
        for name, each in shown.queues.items()
    ]
    if len(rows) > 1:
        rows.append(["all", *_cells(shown.total), str(shown.unreviewed) if shown.unreviewed else ""])
    _table(("QUEUE", *HEADS, "TO REVIEW"), rows, total=len(rows) > 1)


def _by_day(shown: Statistics) -> None:
    days = {
        day: numbers for day, numbers in shown.days.items() if len(shown.days) <= MOST_EMPTY + 1 or numbers != Numbers()
    }
    if len(shown.days) > 1:
        show.say()
        _table(("DAY", *HEADS), [[date(day), *_cells(numbers)] for day, numbers in days.items()])


def _table(heads: tuple[str, ...], rows: list[list[str]], *, total: bool = False) -> None:
    """Print a table without the columns in which no row says anything."""
    kept = [at for at in range(len(heads)) if at == 0 or any(row[at] for row in rows)]
    shown = [[row[at] for at in kept] for row in rows]
    styles = [""] * (len(rows) - 1) + ["bold"] if total else ()
    names = [heads[at] for at in kept]
    droppable = tuple(names.index(head) for head in ("P90", "MEDIAN", "COST", "TIMED OUT") if head in names)
    show.table(names, shown, flexible=0, droppable=droppable, styles=styles)


def _cells(numbers: Numbers) -> list[str]:
    counts = [f"{numbers.succeeded:,}", *(f"{number:,}" if number else "" for number in numbers[1:3])]
    durations = [times.took(each) if each is not None else "" for each in (numbers.median_ms, numbers.p90_ms)]
    return [*counts, *durations, f"${numbers.cost_usd:,.2f}" if numbers.cost_usd is not None else ""]
