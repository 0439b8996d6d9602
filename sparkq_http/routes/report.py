"""What happened: a day, any other time, and only its numbers."""

from typing import Annotated

from anyio import to_thread
from fastapi import Depends
from pydantic import BeforeValidator, Field, WithJsonSchema

from sparkq_core import inbox, report, shapes, wire
from sparkq_core.clock import from_date, midnight
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.report_markdown import markdown
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Filters, Flag, Moment, Open, Word, documented, queue_name, read

router = Router(prefix="/api", tags=["report"])


def _day(value: object) -> int | None:
    if value in (None, ""):
        return None
    try:
        return from_date(str(value))
    except (ValueError, OverflowError) as error:
        raise ValueError("a day is written as 2026-11-29") from error


Day = Annotated[int | None, BeforeValidator(_day), WithJsonSchema({"type": "string", "examples": ["2026-11-29"]})]


class ReportFilters(Filters):
    """Which time is wanted: today, another day, or what is between two moments."""

    day: Day = Field(None, description="A day of the server's time zone. Default: today.")
    since: Moment = Field(None, description="Instead of a day: from this moment.")
    until: Moment = Field(None, description="With `since`: until this moment. Default: now.")
    queue: Word = None
    markdown: Flag = Field(None, description="Whether the report is also there as Markdown.")
    limit: int = Field(500, description="Attempts.", json_schema_extra={"minimum": 1, "maximum": 1000})
    cursor: Word = None

    def span(self, now: int) -> tuple[int, int]:
        """Return the time that is wanted, in UTC ms. Raises InvalidValue."""
        if self.since is None and self.until is None:
            begin = midnight(now) if self.day is None else self.day
            return begin, midnight(begin, 1)
        if self.since is None or self.day is not None:
            raise InvalidValue("A report is of a day, or since a moment.", "Give day, or since with or without until.")
        return self.since, now + 1 if self.until is None else self.until


class DigestFilters(Filters):
    """Since when."""

    since: Moment = Field(None, description="Since this moment. Default: your last look at the inbox.")


@router.get("/report", openapi_extra=documented(ReportFilters))
async def get_report(sq: Open, asked: Annotated[ReportFilters, Depends(read(ReportFilters))]) -> Answer[shapes.Report]:
    """Show what happened today, on another day, or since a moment: a line for each attempt that ended, the latest first,
    and the counts of all by hour, queue and day. Days and hours are those of the server's time zone.

    Purged tasks are there too, with what is left of them.
    """
    return Answer(await to_thread.run_sync(_report, sq, asked))


@router.get("/digest", openapi_extra=documented(DigestFilters))
async def get_digest(sq: Open, asked: Annotated[DigestFilters, Depends(read(DigestFilters))]) -> Answer[shapes.Digest]:
    """Count what happened since a moment, reviewed or not, by queue."""
    return Answer(await to_thread.run_sync(_digest, sq, asked.since))


def _digest(sq: SparkQ, since: int | None) -> shapes.Digest:
    now = sq.clock.now()
    begin = inbox.since_last_look(sq)[0] if since is None else since
    return wire.digest(report.of(sq, min(begin or 0, now), now + 1, limit=1))


def _report(sq: SparkQ, asked: ReportFilters) -> shapes.Report:
    queue = queue_name(sq, asked.queue) if asked.queue is not None else None
    since, until = asked.span(sq.clock.now())
    shown = report.of(sq, since, until, queue=queue, limit=asked.limit, cursor=asked.cursor)
    return wire.report(shown, markdown(shown, sq.config.name) if asked.markdown else None)
