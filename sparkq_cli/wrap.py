"""Break long lines between words, as a terminal does not."""

import re
from collections.abc import Callable, Iterator

BEGIN = re.compile(r"\s*(?:(?:[-*+>]|\d{1,3}[.)]) +)?")
"""What the lines that continue a line are indented by: its own indent and the mark of an item."""

NARROWEST = 20
"""Columns below which lines are not broken here: more would be lost by indents than is won."""


def wrapped(line: str, room: int, width: Callable[[str], int]) -> Iterator[str]:
    """Yield a line as lines of at most `room` columns, broken at spaces; a longer word has a line of its own."""
    if room < NARROWEST or width(line) <= room:
        yield line
        return
    match = BEGIN.match(line)
    begin = match.group() if match is not None else ""
    indent = " " * min(width(begin), room // 2)
    current, is_empty = begin, True
    for word in line[len(begin) :].split(" "):
        if not is_empty and width(current) + 1 + width(word) > room:
            yield current.rstrip()
            current, is_empty = indent, True
        current += word if is_empty else f" {word}"
        is_empty = False
    yield current
