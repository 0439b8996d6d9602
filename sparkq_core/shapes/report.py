"""The report: what happened in a time."""

from typing import Annotated

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.shapes.tasks import Changes, Usage
from sparkq_core.shapes.values import OneOf


class TallyKeys(TypedDict):
    """How many attempts ended in each way, and how long they took together. Timeouts are not counted as failed."""

    succeeded: int
    failed: int
    timed_out: int
    asked: int
    worked_s: float


class Tally(TallyKeys, closed=True):
    """How many attempts ended in each way."""


class QueueTally(TallyKeys, closed=True):
    """What ended in one queue."""

    queue: str


class HourTally(TallyKeys, closed=True):
    """What ended in one hour, which begins at `at`; `hour` is the time of the server's clock, such as 23:00."""

    at: str
    hour: str


class DayTally(TallyKeys, closed=True):
    """What ended on one day of the server's time zone, which begins at `at`; `date` is such as 2026-11-29."""

    at: str
    date: str


class ReportLine(TypedDict, closed=True):
    """An attempt that ended. `line` is the first of its result or question, or the last of its error. `reviewed` is true
    if it led to an outcome that you have reviewed. Of a purged task only the line is left."""

    id: int
    friendly_id: str
    attempt: int
    queue: str
    title: str
    outcome: Annotated[str, OneOf("succeeded", "failed", "timed_out", "asked")]
    at: str
    duration_s: NotRequired[float | None]
    line: NotRequired[str | None]
    changed: NotRequired[Changes | None]
    usage: NotRequired[Usage | None]
    client: NotRequired[str | None]
    chat_id: NotRequired[int | None]
    reviewed: bool
    purged: NotRequired[bool | None]


class Report(TallyKeys, closed=True):
    """What happened from `since` until `until`: counts of all, and a page of the attempts, the latest first. `purged` of
    them are of purged tasks, whose earlier attempts and times are not known any more.

    `hours` are those of a time of about a day, each of them; `days` are the last fourteen until then, today last.
    """

    since: str
    until: str
    total: int
    reviewed: int
    purged: int
    cost_usd: NotRequired[float | None]
    queues: list[QueueTally]
    hours: list[HourTally]
    days: list[DayTally]
    ended: list[ReportLine]
    next_cursor: NotRequired[str | None]
    markdown: NotRequired[str | None]


class Digest(TallyKeys, closed=True):
    """What happened since a moment, reviewed or not: counts of all, and by queue."""

    since: str
    until: str
    total: int
    reviewed: int
    queues: list[QueueTally]
