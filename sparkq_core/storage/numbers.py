"""The limits of numbers that come from outside: page sizes, cursors, ids."""

from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

MAX_LIMIT = 1000
MAX_ID = 2**63 - 1
"""The largest number that SQLite holds."""


def checked_limit(limit: int) -> int:
    """`limit` itself, if a page can have so many rows: 1 to 1,000. Raises InvalidValue."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidValue(f"A page of {limit} tasks is not possible.", f"Ask for 1 to {MAX_LIMIT:,}.")
    return limit


def number(cursor: str) -> int:
    """A cursor, or a part of one, as the number that it is. Raises InvalidValue."""
    if cursor.isascii() and cursor.removeprefix("-").isdecimal() and len(cursor) < 21 and abs(int(cursor)) <= MAX_ID:
        return int(cursor)
    raise InvalidValue(f"{safe(cursor)[:40]!r} is not a cursor.", "Send the one that the previous page gave, or none.")


def moment_and_id(cursor: str) -> tuple[int, int]:
    """The cursor of a list in order of time: a moment and an id. Raises InvalidValue."""
    moment, _, after = cursor.partition(".")
    return number(moment), number(after)


def storable(found: int | None) -> int | None:
    """A number that SQLite can compare: one beyond its range is as absent as any that never was."""
    return found if found is None or -MAX_ID <= found <= MAX_ID else -1
