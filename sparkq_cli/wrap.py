"""Break long lines between words, as a terminal does not."""

import re
from collections.abc import Callable, Iterable, Iterator

BEGIN = re.compile(r"\s*(?:(?:[-*+>]|\d{1,3}[.)]) +)?")
"""What the lines that continue a line are indented by: its own indent and the mark of an item."""

NARROWEST = 20
"""Columns below which lines are not broken here: more would be lost by indents than is won."""


_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INDENTED = re.compile(r"(?: {4,}|\t)(?!\s*(?:[-*+>]|\d{1,3}[.)])\s)")
_TABLE = re.compile(r"\s*[|│┃+├└┌╔╠╚].*[|│┃+┤┘┐╗╣╝]\s*")

_SENTENCES = re.compile(r"(?<=[.?!]) (?=[A-Z#\d])")


def wrapped_lines(lines: Iterable[str], room: int, width: Callable[[str], int]) -> Iterator[str]:
    """Yield lines of Markdown, the long ones broken at spaces. Code and the rows of tables stay as they are."""
    fence = ""
    is_after_gap = True
    for line in lines:
        mark = _FENCE.match(line)
        is_code = bool(fence) or mark is not None or (is_after_gap and _INDENTED.match(line) is not None)
        if mark is not None and not fence:
            fence = mark.group(1)
        elif mark is not None and mark.group(1).startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        is_after_gap = not line.strip() or (is_code and not mark)
        if is_code or _TABLE.fullmatch(line):
            yield line
        else:
            yield from wrapped(line, room, width)


def sentences(line: str, room: int, width: Callable[[str], int]) -> Iterator[str]:
    """Yield a line that is too wide as its sentences. One that is still too wide, and has no command to copy, is broken."""
    if width(line) <= room:
        yield line
        return
    for sentence in _SENTENCES.split(line):
        if "sparkq " in sentence:
            yield sentence
        else:
            yield from wrapped(sentence, room, width)


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
