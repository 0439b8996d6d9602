"""Read when a usage limit is over from what a client says about it, in words that it writes for people."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

LONGEST = timedelta(days=8)
"""A later end is not believed: the longest limits are those of a week."""

EPOCH = re.compile(r"limit reached\|(\d{10})\b")
"""Claude AI usage limit reached|1749924000"""

TIME = re.compile(
    r"\bresets?\s+(?:at\s+|on\s+)?(?:(?P<month>[A-Z][a-z]{2})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?:at\s+)?)?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s*(?P<half>[ap]m)?\b(?:\s*\((?P<zone>[A-Za-z0-9_+/-]{1,40})\))?",
    re.IGNORECASE,
)
"""You've hit your session limit · resets 12:50am (America/Los_Angeles). Or: Your limit will reset at 1pm."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def limit_end(text: str, now: int) -> int | None:
    """Return when the limit is over (UTC ms), None if the text does not tell it, or something that cannot be.

    A time of day is the next one after `now`, in the time zone of the text, else in that of the machine.
    """
    moment = _moment(text[:1000], now)
    if moment is None:
        return None
    end = round(moment.timestamp() * 1000)
    return end if now < end <= now + LONGEST.total_seconds() * 1000 else None


def _moment(text: str, now: int) -> datetime | None:
    epoch = EPOCH.search(text)
    if epoch is not None:
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    match = TIME.search(text)
    if match is None or (match["half"] is None and match["minute"] is None):
        return None
    zone = _zone(match["zone"])
    try:
        return _next(match, datetime.fromtimestamp(now / 1000, UTC).astimezone(zone), zone)
    except ValueError:  # 25:00, or 30 February
        return None


def _next(match: re.Match[str], present: datetime, zone: tzinfo | None) -> datetime:
    hour = int(match["hour"])
    if match["half"] is not None:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
    naive = present.replace(hour=hour, minute=int(match["minute"] or 0), second=0, microsecond=0, fold=0, tzinfo=None)
    if match["month"] is not None:
        naive = naive.replace(month=MONTHS.index(match["month"].lower()) + 1, day=int(match["day"]))
        if _in(naive, zone) <= present:
            naive = naive.replace(year=naive.year + 1)
    elif _in(naive, zone) <= present:
        naive += timedelta(days=1)
    return _in(naive, zone)


def _in(naive: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment that the clocks of a time zone call so, or those of the machine."""
    return naive.astimezone() if zone is None else naive.replace(tzinfo=zone)


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # also where the machine has no such zone
        return None
