"""Split one text into many tasks, at its headings or at its lines."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
"""The begin or end of fenced code. The end has the same character, at least as often, and nothing after it."""


class Line(NamedTuple):
    """A line and its level as a heading, 0 if it is not one."""

    text: str
    level: int


def parts_of(text: str) -> list[str]:
    """Split a text into tasks, in its order: one for each heading or, without headings, one for each line.

    - Each heading of the highest level in the text begins a task, which goes on to the next heading of that level.
    - A single heading at the top, followed by lower headings without a text between, is the title of the document:
      it is left out, and the rest is split.
    - Text before the first heading is a task of its own; it is split in the same way at its lower headings.
    - Without headings each line with words is a task, without its list mark. A checked item of a checklist is done,
      and left out.

    So only blank lines, a bare title and checked items are left out.
    """
    lines = text.splitlines()
    levels = [len(line) - len(line.lstrip("#")) if re.match(r"#{1,6} ", line) else 0 for line in lines]
    marked = [
        Line(line, 0 if code else level) for line, level, code in zip(lines, levels, _in_fences(lines), strict=True)
    ]
    if any(line.level for line in marked):
        parts = ("\n".join(line.text for line in part).strip() for part in _sections(marked))
        return [part for part in parts if part]
    items = (re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[ \]\s+)?", "", line).strip() for line in lines)
    return [item for item in items if item and not re.match(r"\[[xX]\]\s", item)]


def _sections(lines: list[Line]) -> Iterator[list[Line]]:
    """Yield the lines of each task, in their order."""
    top = min((line.level for line in lines if line.level), default=0)
    if not top:
        yield lines
        return
    starts = [at for at, line in enumerate(lines) if line.level == top]
    yield from _sections(lines[: starts[0]])
    if len(starts) == 1 and _is_title(lines[starts[0] + 1 :]):
        yield from _sections(lines[starts[0] + 1 :])
        return
    for start, end in pairwise([*starts, len(lines)]):
        yield lines[start:end]


def _is_title(below: list[Line]) -> bool:
    """Return True if the first line with words below is another heading."""
    following = next((line for line in below if line.text.strip()), None)
    return following is not None and following.level > 0


def _in_fences(lines: list[str]) -> list[bool]:
    """Return for each line True if it is fenced code, where a # does not begin a heading."""
    opened, in_code = "", []
    for line in lines:
        match = FENCE.fullmatch(line)
        fence, about = match.groups() if match else ("", "")
        begins = not opened and fence and (fence[0] == "~" or "`" not in about)
        ends = opened and fence.startswith(opened) and not about.strip()
        in_code.append(bool(opened or begins))
        if begins:
            opened = fence
        elif ends:
            opened = ""
    return in_code
