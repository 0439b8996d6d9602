"""The report as Markdown, to be pasted into a note, a message or a pull request."""

import re

from sparkq_core import changes, times
from sparkq_core.clock import day, time_of_day
from sparkq_core.report import Ended, Report, Tally
from sparkq_core.text import counted, safe
from sparkq_core.wire import friendly

MARKS = re.compile(r"[\\`*\[\]<>|]")
ENDED = {"succeeded": "done", "failed": "**failed**", "timed_out": "**timed out**", "asked": "asked you"}


def markdown(report: Report, project: str) -> str:
    """Return the report as a heading, a sentence of numbers, and a list for each queue."""
    lines = [f"# {_text(project)}: {span(report)}", "", f"{sentence(report)}", ""]
    for queue, tally in report.queues.items():
        ended = [each for each in reversed(report.ended) if each.queue == queue]
        if ended:
            lines += [f"## {_text(queue)}", "", f"{numbers(tally)}.", "", *map(_line, ended), ""]
    return "\n".join(lines)


def span(report: Report) -> str:
    """Return the time of a report: `29 November 2026`, `29 November 2026 until 14:00`, `28 November 2026 20:00 until …`."""
    first, last = day(report.since), day(report.until - 1)
    begin = "" if time_of_day(report.since) == "00:00" else f" {time_of_day(report.since)}"
    end = "" if time_of_day(report.until) == "00:00" else time_of_day(report.until)
    if first == last:
        return f"{first}{begin}{f' until {end}' if end else ''}"
    return f"{first}{begin} until {f'{last} {end}' if end else f'the end of {last}'}"


def sentence(report: Report) -> str:
    """Return the numbers of a report: `5 done, 1 failed. 2 reviewed. 72 min of work, $0.42.`"""
    work = [times.took(report.tally.worked_ms) + " of work"] if report.tally.worked_ms else []
    cost = [f"${report.cost_usd:,.2f}"] if report.cost_usd is not None else []
    parts = [numbers(report.tally), f"{report.reviewed:,} reviewed", ", ".join(work + cost), of_purged(report.purged)]
    return " ".join(f"{part}." for part in parts if part)


def of_purged(number: int) -> str:
    """Return what is not counted of purged tasks; nothing if there are none."""
    if not number:
        return ""
    were, its = ("was", "its") if number == 1 else ("were", "their")
    return f"{counted(number, 'task')} {were} purged: {its} earlier attempts and work time are not counted any more"


def numbers(tally: Tally) -> str:
    """Return how attempts ended: `5 done, 1 failed, 1 timed out, 2 questions`."""
    named = (
        (tally.succeeded, "done"),
        (tally.failed, "failed"),
        (tally.timed_out, "timed out"),
    )
    parts = [f"{number:,} {name}" for number, name in named if number]
    parts += [counted(tally.asked, "question")] if tally.asked else []
    return ", ".join(parts) or "Nothing ended"


def facts(ended: Ended) -> str:
    """Return what is known of an attempt besides its text: `3 files, +40 −12, 4 min, claude-code`."""
    known = [
        changes.summary(ended.git_after),
        times.took(ended.duration_ms) if ended.duration_ms is not None else "",
        safe(ended.client or ""),
        f"attempt {ended.attempt}" if ended.attempt > 1 else "",
        "purged" if ended.purged else "",
    ]
    return ", ".join(part for part in known if part)


def _line(ended: Ended) -> str:
    said = f": {_text(ended.line)}" if ended.line else ""
    about = f" ({facts(ended)})" if facts(ended) else ""
    head = f"{time_of_day(ended.finished_at)} {friendly(ended.task)} {_text(ended.title)}"
    return f"- {head}, {ENDED[ended.outcome]}{about}{said}"


def _text(text: str) -> str:
    """Escape foreign text, so that it is words in Markdown and nothing else."""
    return MARKS.sub(lambda match: "\\" + match[0], safe(text))
