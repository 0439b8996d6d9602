"""Read a patch of Git: its files, and the lines of each that changed together.

The text is that of a repository, so anything may be in it. Git writes each line of a file with a sign before it: what
begins without one belongs to the patch itself.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_LINE = 5000
"""The characters of a line that are shown."""

BEGINNING = b"diff --git "
HEADING = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
NO_NEWLINE = "\\"
"""How the line begins that says of the one before it that the file ends without a line end."""


class Hunk(NamedTuple):
    """Lines that changed together, each with its sign, behind so many lines of the `old` file and of the `new` one.

    `section` is the line before them that Git takes for a title, such as that of a function. `cut` is true if a line is
    longer than MAX_LINE.
    """

    old: int
    new: int
    section: str
    lines: tuple[str, ...]
    cut: bool = False

    @property
    def heading(self) -> str:
        """The line that Git writes above: `@@ -1,3 +1,4 @@ section`."""
        old = _range(self.old, sum(line[0] in " -" for line in self.lines))
        new = _range(self.new, sum(line[0] in " +" for line in self.lines))
        return f"@@ -{old} +{new} @@ {self.section}".rstrip(" ")

    def after(self, count: int) -> "Hunk":
        """Return what is left of it after its first `count` lines."""
        first = self.lines[:count]
        old, new = sum(line[0] in " -" for line in first), sum(line[0] in " +" for line in first)
        return self._replace(old=self.old + old, new=self.new + new, lines=self.lines[count:])


def _range(before: int, count: int) -> str:
    """Return the range of `count` lines behind `before` others, as Git writes it: an empty one is named by the line before."""
    return f"{before},0" if not count else f"{before + 1}" if count == 1 else f"{before + 1},{count}"


def sections(patch: bytes) -> list[bytes]:
    """Return the part of each file. A file that became a link, or the reverse, has two."""
    starts = [match.start() for match in re.finditer(rb"^" + BEGINNING, patch, re.MULTILINE)]
    return [patch[start:end] for start, end in zip(starts, [*starts[1:], len(patch)], strict=True)]


def hunks(section: bytes) -> Iterator[Hunk]:
    """Yield the hunks of one file. A binary file has none, and one that was only renamed."""
    begun: Hunk | None = None
    shown: list[str] = []
    cut = False
    for line in section.removesuffix(b"\n").split(b"\n"):
        if match := HEADING.match(line):
            if begun is not None:
                yield begun._replace(lines=tuple(shown), cut=cut)
            begun, shown, cut = _begun(match), [], False
        elif begun is not None:
            text = _text(line) or " "  # diff.suppressBlankEmpty leaves out the sign of an empty line
            shown.append(text[:MAX_LINE])
            cut = cut or len(text) > MAX_LINE
    if begun is not None:
        yield begun._replace(lines=tuple(shown), cut=cut)


def _begun(match: re.Match[bytes]) -> Hunk:
    old, old_count, new, new_count, section = match.groups()
    return Hunk(_before(old, old_count), _before(new, new_count), _text(section)[:MAX_LINE], ())


def _before(start: bytes, count: bytes | None) -> int:
    """Return how many lines are before a range: an empty one is named by the line before it."""
    return int(start) if count == b"0" else int(start) - 1


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


class Cut(NamedTuple):
    """The hunks that fit, the bytes of their text, and how many lines are shown up to here; None if none are left."""

    hunks: list[Hunk]
    size: int
    reached: int | None


def cut(hunks: Iterable[Hunk], skipped: int, room: int) -> Cut:
    """Return the lines after the first `skipped` ones that fit into `room` bytes, at least one if any is left."""
    fitting: list[Hunk] = []
    size, at = 0, 0
    for hunk in hunks:
        if at + len(hunk.lines) <= skipped:
            at += len(hunk.lines)
            continue
        left = hunk.after(max(0, skipped - at))
        at = max(at, skipped)
        heading = len(left.heading.encode())
        count, length = _fitting(left.lines, room - size - heading, 0 if fitting else 1)
        if not count:
            return Cut(fitting, size, at)
        fitting.append(left._replace(lines=left.lines[:count]))
        size += heading + length
        at += count
        if count < len(left.lines):
            return Cut(fitting, size, at)
    return Cut(fitting, size, None)


def _fitting(lines: tuple[str, ...], room: int, least: int) -> tuple[int, int]:
    """Return how many of the lines fit, but no fewer than `least`, and their bytes. What is said of a line's end stays
    with it."""
    size = 0
    for count, line in enumerate(lines):
        length = len(line.encode()) + 1
        if size + length > room and count >= least and not line.startswith(NO_NEWLINE):
            return count, size
        size += length
    return len(lines), size
