"""Convert the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkq_core.clock import date, iso, time_of_day
from sparkq_core.wire.purged import changed
from sparkq_core.wire.tasks import friendly, usage
from sparkq_core.wire.values import exclude_none, excludes_none, seconds_or_none

if TYPE_CHECKING:
    from sparkq_core import shapes
    from sparkq_core.report import Ended, Report, Tally


def _tally(tally: Tally) -> shapes.Tally:
    return {
        "succeeded": tally.succeeded, "failed": tally.failed, "timed_out": tally.timed_out, "asked": tally.asked,
        "worked_s": round(tally.worked_ms / 1000, 1),
    }  # fmt: skip


@excludes_none
def report_line(ended: Ended) -> shapes.ReportLine:
    """Convert an attempt that ended."""
    return {
        "id": ended.task, "friendly_id": friendly(ended.task), "attempt": ended.attempt, "queue": ended.queue,
        "title": ended.title, "outcome": ended.outcome, "at": iso(ended.finished_at),
        "duration_s": seconds_or_none(ended.duration_ms), "line": ended.line or None,
        "changed": changed(ended.git_after), "usage": usage(ended.usage), "client": ended.client,
        "chat_id": ended.chat_id, "reviewed": bool(ended.reviewed), "purged": True if ended.purged else None,
    }  # fmt: skip


def report(report: Report, markdown: str | None = None) -> shapes.Report:
    """Convert a report, with its Markdown if that is given."""
    whole: shapes.Report = {
        "since": iso(report.since), "until": iso(report.until), "total": report.tally.total, **_tally(report.tally),
        "reviewed": report.reviewed, "purged": report.purged, "cost_usd": report.cost_usd,
        "queues": _queues(report),
        "hours": [{"at": iso(at), "hour": time_of_day(at), **_tally(each)} for at, each in report.hours.items()],
        "days": [{"at": iso(at), "date": date(at), **_tally(each)} for at, each in report.days.items()],
        "ended": [report_line(each) for each in report.ended],
        "next_cursor": report.next, "markdown": markdown,
    }  # fmt: skip
    return exclude_none(whole)


def digest(report: Report) -> shapes.Digest:
    """Convert only the counts of a report."""
    return {
        "since": iso(report.since), "until": iso(report.until), "total": report.tally.total, **_tally(report.tally),
        "reviewed": report.reviewed, "queues": _queues(report),
    }  # fmt: skip


def _queues(report: Report) -> list[shapes.QueueTally]:
    return [{"queue": queue, **_tally(each)} for queue, each in report.queues.items()]
