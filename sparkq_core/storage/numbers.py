"""The limits of numbers that come from outside: page sizes, cursors, ids."""

from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

MAX_LIMIT = 1000
MAX_ID = 2**63 - 1
"""The largest number that SQLite holds."""


def checked_limit(limit: int) -> int:
    """Return `limit` if a page can have that many rows: 1 to 1,000. Raises InvalidValue."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidValue(f"A page of {limit} tasks is not possible.", f"Ask for 1 to {MAX_LIMIT:,}.")
    return limit


def number(cursor: str) -> int:
    """Parse a cursor, or a part of one, as an integer. Raises InvalidValue."""
    if cursor.isascii() and cursor.removeprefix("-").isdecimal() and len(cursor) < 21 and abs(int(cursor)) <= MAX_ID:
        return int(cursor)
    raise InvalidValue(
        f"{safe(cursor)[:40]!r} is not a cursor.", "Send the cursor that the previous page returned, or none."
    )


def moment_and_id(cursor: str) -> tuple[int, int]:
    """Parse the cursor of a list that is sorted by time: a moment and an id. Raises InvalidValue."""
    moment, _, after = cursor.partition(".")
    return number(moment), number(after)


def storable(value: int | None) -> int | None:
    """Return `value`, or -1, which no row has, if SQLite could not compare it."""
    return value if value is None or -MAX_ID <= value <= MAX_ID else -1
