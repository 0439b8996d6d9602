"""Pages of short lists, which the store reads whole."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sparkq_core.errors import InvalidValue
from sparkq_core.text import safe

MOST = 1000
"""Most entries of a page."""

E = TypeVar("E")


def page(
    entries: Sequence[E], id_of: Callable[[E], int], limit: int | None, cursor: str | None
) -> tuple[list[E], str | None]:
    """Return the entries behind the one that `cursor` names, at most `limit`, and the cursor of the next page.

    Without a limit they are all there. Raises InvalidValue.
    """
    if limit is not None and not 1 <= limit <= MOST:
        raise InvalidValue(f"A page of {limit} entries is not possible.", f"Ask for 1 to {MOST:,}.")
    start = 0
    if cursor:
        places = [place for place, entry in enumerate(entries) if str(id_of(entry)) == cursor]
        if not places:
            raise InvalidValue(
                f"{safe(cursor)[:40]!r} is not a cursor of this list.", "Use next_cursor of the last page."
            )
        start = places[0] + 1
    shown = list(entries[start : None if limit is None else start + limit])
    has_more = bool(shown) and start + len(shown) < len(entries)
    return shown, str(id_of(shown[-1])) if has_more else None
