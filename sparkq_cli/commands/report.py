"""`sparkq report`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, OnlyQueue, new_app
from sparkq_cli.period import Day, Since, period
from sparkq_core import report, times, wire
from sparkq_core.report import Ended, Report
from sparkq_core.report_markdown import facts, markdown, numbers, sentence, span
from sparkq_core.text import safe

app = new_app()
MOST = 1000
STYLES = {"succeeded": "succeeded", "failed": "failed", "timed_out": "failed", "asked": "held"}
WORDS = {"succeeded": "done", "failed": "failed", "timed_out": "timed out", "asked": "asked you"}


@app.command(name="report")
def show_report(
    since: Since = None,
    day: Day = None,
    queue: OnlyQueue = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, to be pasted elsewhere.")] = False,
    json: Json = False,
) -> None:
    """Show what happened today: each result, failure and question in one line, with changes, duration and cost.

    Examples:
      sparkq report
      sparkq report --since 8h --queue backend
      sparkq report --day yesterday --markdown
    """
    sq = open_sparkq()
    begin, end = period(since, day, "today", sq.clock.now())
    shown = report.of(sq, begin, end, queue=queue, limit=MOST)
    if json:
        show.json_line(wire.report(shown))
    elif as_markdown:
        show.say(markdown(shown, sq.config.name).rstrip())
    else:
        _show(shown)
    if shown.next is not None and not json:
        show.note(f"The latest {MOST:,} of {shown.tally.total:,} are shown. Give a shorter time: --since 8h")


def _show(shown: Report) -> None:
    show.say(f"{show.paint(span(shown), 'bold')}: {sentence(shown)}")
    for queue, tally in shown.queues.items():
        show.say(f"\n{show.paint(safe(queue), 'bold')}  {show.paint(numbers(tally), 'dim')}")
        for ended in reversed(shown.ended):
            if ended.queue == queue:
                _show_line(ended, shown.until)


def _show_line(ended: Ended, until: int) -> None:
    outcome = show.paint(WORDS[ended.outcome], STYLES[ended.outcome])
    head = (
        f"  {times.moment(ended.finished_at, until - 1)}  {wire.friendly(ended.task)}  {outcome}  {safe(ended.title)}"
    )
    cost = ""
    if ended.usage is not None:
        from sparkq_core.tasks.usage import in_short

        cost = in_short(ended.usage)
    about = ", ".join(part for part in (facts(ended), cost) if part)
    show.say(f"{head}  {show.paint(about, 'dim')}" if about else head)
    if ended.line:
        show.say(show.block(ended.line, "         "))
