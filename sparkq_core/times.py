"""Times and durations as a person reads them, the same wherever they are shown.

A time is that of the clock on the machine, with the date where it is not today's. Programs get UTC (`clock.iso`).
"""

import time

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
TENTHS = 10_000
"""Milliseconds below which a duration is shown with tenths of a second."""


def moment(at: int, now: int) -> str:
    """Return a time: `02:13` today, `28 Nov 02:13` on another day, `28 Nov 2025 02:13` in another year; both in UTC ms."""
    return _on_clock(at, now, "%H:%M")


def second(at: int, now: int) -> str:
    """Return a time with its seconds: `02:13:07`, with the date where it is not today's; both in UTC ms."""
    return _on_clock(at, now, "%H:%M:%S")


def dated(at: int) -> str:
    """Return a time (UTC ms) that is always with its date: `28 Nov 2025 02:13`."""
    here = time.localtime(at / 1000)
    return f"{here.tm_mday} {time.strftime('%b %Y %H:%M', here)}"


def ago(at: int | None, now: int) -> str:
    """Return how long ago a time was in its largest unit, nothing if there is none; both in UTC ms."""
    return "" if at is None else span(max(0, now - at))


def span(milliseconds: int) -> str:
    """Return a duration in its largest unit: `12 s`, `5 min`, `3 h`, `2 d`."""
    seconds = milliseconds // 1000
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), UNITS[-1])
    return f"{seconds // size} {unit}"


def took(milliseconds: int, *, tenths: bool = True) -> str:
    """Return how long something took, in two units if it took hours: `0.4 s`, `12 s`, `7 min`, `1 h 05 min`, `2 d 3 h`.

    Without `tenths` seconds are whole.
    """
    if milliseconds < TENTHS:
        return f"{milliseconds / 1000:.{1 if tenths else 0}f} s"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    if minutes < 1:
        return f"{seconds} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 1:
        return f"{minutes} min"
    return f"{hours} h {minutes:02d} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _on_clock(at: int, now: int, form: str) -> str:
    here, today = (time.localtime(each / 1000) for each in (at, now))
    shown = time.strftime(form, here)
    if here[:3] == today[:3]:
        return shown
    year = "" if here.tm_year == today.tm_year else f" {here.tm_year}"
    return f"{here.tm_mday} {time.strftime('%b', here)}{year} {shown}"
