"""Many tasks from one text: a heading each, or a line each."""

import re


def parts_of(text: str) -> list[str]:
    """The tasks of one text: what stands under each heading of the highest level that occurs more than once (or at
    all), heading included; without headings each line that says something, list marks taken off, but for the items of
    a checklist that are checked."""
    lines = text.splitlines()
    fenced = _in_fences(lines)
    levels = [
        0 if fenced[at] else len(line) - len(line.lstrip("#")) if re.match(r"#{1,6} ", line) else 0
        for at, line in enumerate(lines)
    ]
    present = sorted({level for level in levels if level})
    if not present:
        return [
            part
            for part in (re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[ \]\s+)?", "", line).strip() for line in lines)
            if part and not re.match(r"\[[xX]\]\s", part)
        ]
    level = next((one for one in present if levels.count(one) > 1), present[-1])
    starts = [at for at, one in enumerate(levels) if one == level]
    ends = [
        next((at for at in range(start + 1, len(lines)) if 0 < levels[at] <= level), len(lines)) for start in starts
    ]
    return ["\n".join(lines[start:end]).strip() for start, end in zip(starts, ends, strict=True)]


def _in_fences(lines: list[str]) -> list[bool]:
    """Which lines stand in fenced code, where a # is no heading."""
    inside, found = False, []
    for line in lines:
        fence = line.lstrip().startswith("```")
        found.append(inside or fence)
        inside ^= fence
    return found
