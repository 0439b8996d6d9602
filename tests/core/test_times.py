"""Times and durations as a person reads them: one clock and one style of units."""

import time
from collections.abc import Iterator

import pytest

from sparkq_core import times
from sparkq_core.clock import DAY, from_iso

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nepal's time, which is 5 hours and 45 minutes ahead."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_time_is_on_the_clock_of_the_machine_with_the_date_where_it_is_not_today(zone: None) -> None:
    now = from_iso("2026-11-30T20:00:00Z")
    moments = ["2026-11-30T20:00:07Z", "2026-11-30T18:14:59Z", "2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z"]

    assert [times.moment(from_iso(at), now) for at in moments] == [
        "01:45",
        "30 Nov 23:59",
        "2 Jan 05:45",
        "31 Dec 2025 05:45",
    ]
    assert [times.second(from_iso(at), now) for at in moments[:2]] == ["01:45:07", "30 Nov 23:59:59"]
    assert times.dated(from_iso(moments[0])) == "1 Dec 2026 01:45"


@pytest.mark.parametrize(
    ("milliseconds", "took", "span"),
    [
        (0, "0.0 s", "0 s"),
        (9_940, "9.9 s", "9 s"),
        (59_999, "59 s", "59 s"),
        (MINUTE, "1 min", "1 min"),
        (HOUR - 1, "59 min", "59 min"),
        (HOUR + 5 * MINUTE, "1 h 05 min", "1 h"),
        (DAY - 1, "23 h 59 min", "23 h"),
        (2 * DAY + 3 * HOUR, "2 d 3 h", "2 d"),
    ],
)
def test_durations_have_one_style_of_units(milliseconds: int, took: str, span: str) -> None:
    assert (times.took(milliseconds), times.span(milliseconds)) == (took, span)


def test_a_clock_that_was_set_back_makes_nothing_come_from_the_future() -> None:
    assert (times.ago(5000, 1000), times.ago(None, 1000), times.ago(1000, 4000)) == ("0 s", "", "3 s")
