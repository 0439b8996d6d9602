"""Statistics: what ended in a time, by queue and by day, and how long it took."""

from typing import Annotated

from anyio import to_thread
from fastapi import Depends
from pydantic import Field

from sparkq_core import shapes, statistics, wire
from sparkq_core.clock import midnight
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Filters, Moment, Open, Word, documented, queue_name, read

router = Router(prefix="/api/statistics", tags=["statistics"])

DAYS = 7


class StatisticsFilters(Filters):
    """Which time and which queue."""

    since: Moment = Field(None, description=f"From this moment. Default: {DAYS} days, with today.")
    until: Moment = Field(None, description="Until this moment. Default: now.")
    queue: Word = None


@router.get("", openapi_extra=documented(StatisticsFilters))
async def get_statistics(
    sq: Open, asked: Annotated[StatisticsFilters, Depends(read(StatisticsFilters))]
) -> Answer[shapes.Statistics]:
    """Count what ended in a time of at most 366 days, in all, by queue and by day of the server's time zone, with how long
    it took. Purged tasks are counted too; how long they took is not known any more."""
    return Answer(await to_thread.run_sync(_statistics, sq, asked))


def _statistics(sq: SparkQ, asked: StatisticsFilters) -> shapes.Statistics:
    now = sq.clock.now()
    queue = queue_name(sq, asked.queue) if asked.queue is not None else None
    since = midnight(now, 1 - DAYS) if asked.since is None else asked.since
    until = now + 1 if asked.until is None else asked.until
    return wire.statistics(statistics.of(sq, since, until, queue=queue))
