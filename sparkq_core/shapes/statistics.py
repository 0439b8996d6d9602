"""Statistics: the numbers of a time, by queue and by day."""

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12


class NumbersKeys(TypedDict):
    """How many attempts ended in each way; timeouts are not counted as failed. Half of the succeeded ones took at most
    `median_s`, and nine of ten `p90_s`; `cost_usd` is of those of which it is known."""

    succeeded: int
    failed: int
    timed_out: int
    median_s: NotRequired[float | None]
    p90_s: NotRequired[float | None]
    cost_usd: NotRequired[float | None]


class Numbers(NumbersKeys, closed=True):
    """How many attempts ended in each way, and how long they took."""


class QueueNumbers(NumbersKeys, closed=True):
    """The numbers of one queue, and how many of its tasks you have not reviewed now."""

    queue: str
    unreviewed: int


class DayNumbers(NumbersKeys, closed=True):
    """The numbers of one day of the server's time zone, such as 2026-11-29."""

    date: str


class Statistics(NumbersKeys, closed=True):
    """The numbers from `since` until `until`, days without work included. `purged` of them are of purged tasks, whose
    earlier attempts and times are not known any more."""

    since: str
    until: str
    unreviewed: int
    purged: int
    queues: list[QueueNumbers]
    days: list[DayNumbers]
