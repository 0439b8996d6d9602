"""Many tasks from one text: a heading each, or a line each."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
"""What begins or ends code: it ends with the same character, at least as many of it, and nothing behind."""


class Line(NamedTuple):
    """One line and the level of its heading, 0 for what is none."""

    text: str
    level: int


def parts_of(text: str) -> list[str]:
    """The tasks of one text, in its order: a heading each or, where there is no heading, a line each.

    - The highest level of heading that appears makes the tasks, each with everything down to the next of that level.
    - One heading that stands alone at the top, with no text of its own and others below it, is the title of a
      document: what stands below it is split instead, and the title is no task.
    - Text before the first heading is a task of its own; headings in it that are lower split it likewise.
    - Without headings each line that says something is a task, its list mark taken off; what is checked off in a
      checklist is done, and left out.

    So everything reaches a task but blank lines, a bare title, and what is checked off.
    """
    lines = text.splitlines()
    levels = [len(line) - len(line.lstrip("#")) if re.match(r"#{1,6} ", line) else 0 for line in lines]
    found = [
        Line(line, 0 if code else level) for line, level, code in zip(lines, levels, _in_fences(lines), strict=True)
    ]
    if any(line.level for line in found):
        parts = ("\n".join(line.text for line in part).strip() for part in _sections(found))
        return [part for part in parts if part]
    items = (re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[ \]\s+)?", "", line).strip() for line in lines)
    return [item for item in items if item and not re.match(r"\[[xX]\]\s", item)]


def _sections(lines: list[Line]) -> Iterator[list[Line]]:
    """The lines of each task, in their order."""
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
    """Whether nothing but another heading follows first."""
    following = next((line for line in below if line.text.strip()), None)
    return following is not None and following.level > 0


def _in_fences(lines: list[str]) -> list[bool]:
    """Which lines stand in fenced code, where a # is no heading."""
    opened, found = "", []
    for line in lines:
        fence, about = hit.groups() if (hit := FENCE.fullmatch(line)) else ("", "")
        begins = not opened and fence and (fence[0] == "~" or "`" not in about)
        ends = opened and fence.startswith(opened) and not about.strip()
        found.append(bool(opened or begins))
        if begins:
            opened = fence
        elif ends:
            opened = ""
    return found
