"""Which ids a time of enqueueing means: those of a list by time, without a walk through all tasks.

A later task has a higher id, and a later time too, unless the clock was set back in between. The store knows the tasks before
which it was. Between two of them, the first task of a time is found by halving.
"""

from typing import NamedTuple

from sparkq_core.storage.database import Reader
from sparkq_core.storage.numbers import MAX_ID

SET_BACK = "SELECT task_id FROM set_back ORDER BY task_id"
LAST = "SELECT max(id) FROM tasks"
NEXT = "SELECT id, created_at FROM tasks WHERE id >= :id ORDER BY id LIMIT 1"


class Range(NamedTuple):
    """All ids that are meant are at least `low` and less than `high`."""

    low: int
    high: int


EVERY = Range(-MAX_ID, MAX_ID)


def ids_between(db: Reader, since: int | None, until: int | None) -> Range:
    """Return a range with all tasks that were enqueued at `since` or later, and before `until` (UTC ms; None has no end).

    After the clock was set back, it may have other tasks too.
    """
    if since is None and until is None:
        return EVERY
    last = db.row(LAST)
    end = int(last[0] or 0) + 1 if last else 1
    starts = [0, *(int(row[0]) for row in db.rows(SET_BACK))]
    parts = list(zip(starts, [*starts[1:], end], strict=True))
    low, high = EVERY
    if since is not None:
        firsts = ((_first(db, part, since), part) for part in parts)
        low = min((first for first, part in firsts if first < part[1]), default=end)
    if until is not None:
        firsts = ((_first(db, part, until), part) for part in parts)
        high = max((first for first, part in firsts if first > part[0]), default=0)
    return Range(low, high)


def _first(db: Reader, part: tuple[int, int], moment: int) -> int:
    """Return the first id of a part whose task was enqueued at `moment` or later, its end if there is none."""
    low, high = part
    while low < high:
        middle = (low + high) // 2
        row = db.row(NEXT, {"id": middle})
        if row is None or row[0] >= high or row[1] >= moment:
            high = middle
        else:
            low = int(row[0]) + 1
    return low
