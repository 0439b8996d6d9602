"""The time of which `report` and `stats` show what happened: one day, or all until now."""

import re
from typing import Annotated, NamedTuple

import typer

from sparkq_cli.options import milliseconds
from sparkq_core.clock import from_date, midnight
from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

DAYS = {"today": 0, "yesterday": -1}
DATE = re.compile(r"\d{4}-\d\d-\d\d")

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="From this time until now: today, yesterday, 2026-11-29, or an age: 8h, 3d, 30m.",
    ),
]
Day = Annotated[
    str | None, typer.Option("--day", metavar="DAY", help="This day only: today, yesterday, or 2026-11-29.")
]


class Period(NamedTuple):
    """A time that begins at `since` and ends before `until` (UTC ms)."""

    since: int
    until: int


def period(since: str | None, day: str | None, default: str, now: int) -> Period:
    """Return the time that was typed: of one `day`, or from `since` until now, which is `default` if neither was given.

    Raises InvalidValue.
    """
    if since is not None and day is not None:
        raise InvalidValue(
            "--since and --day cannot be given together.", "--since shows all until now, --day one day only."
        )
    if day is None:
        return Period(_begin(default if since is None else since, now), now + 1)
    begin = _begin_of_day(day, now)
    if begin is None:
        raise InvalidValue(
            f"{safe(day)[:40]!r} is not a day.",
            "Give today, yesterday, or a day as 2026-11-29. All until now: --since 8h",
        )
    return Period(_past(begin, day, now), min(midnight(begin, 1), now + 1))


def _begin(text: str, now: int) -> int:
    begin = _begin_of_day(text, now)
    if begin is not None:
        return _past(begin, text, now)
    try:
        return max(0, now - milliseconds(text))
    except InvalidValue as error:
        raise InvalidValue(
            f"{safe(text)[:40]!r} is not a time.", "Give today, yesterday, a day as 2026-11-29, or an age: 8h, 3d, 30m."
        ) from error


def _begin_of_day(text: str, now: int) -> int | None:
    """Return when a day begins; None if the text is not one."""
    if text in DAYS:
        return midnight(now, DAYS[text])
    try:
        return from_date(text) if DATE.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def _past(begin: int, text: str, now: int) -> int:
    if begin > now:
        raise InvalidValue(
            f"{safe(text)[:40]!r} has not come yet.", "Give a time that has begun: today, yesterday, 2026-11-29, 8h."
        )
    return begin
