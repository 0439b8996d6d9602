"""What an attempt changed, in pages of files with their changed lines: as much as a program can show at once."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sparkq_core.changes import patch, view
from sparkq_core.changes.diff import FileChange, Parts
from sparkq_core.changes.patch import Hunk
from sparkq_core.changes.view import Change
from sparkq_core.errors import InvalidValue, Kind, SparkQError
from sparkq_core.project import SparkQ
from sparkq_core.storage.numbers import number
from sparkq_core.text import cut as cut_text
from sparkq_core.text import safe

MAX_FILES = 100
"""The files of a page."""

MAX_TEXT = 200_000
"""The bytes of all lines of a page."""

MAX_FILE = 50_000
"""The bytes of the lines of one file in a page of several."""

MAX_READ = 16 * 1024 * 1024
"""The bytes of a patch that are read for a page: behind them, the lines of a file are not shown."""


class NoSuchFile(SparkQError):
    """The attempt did not change a file of this name."""

    kind, code = Kind.NOT_FOUND, "no_such_file"


class Part(NamedTuple):
    """A changed file with the hunks that are shown; `cut` if there is more of it."""

    file: FileChange
    hunks: Sequence[Hunk]
    cut: bool


class Page(NamedTuple):
    """A page of the `files` of a change; `next` is the cursor of the next page."""

    files: Sequence[FileChange]
    parts: Sequence[Part]
    next: str | None


def of_files(sq: SparkQ, change: Change, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Return at most `limit` files in the order of their paths, and fewer if their lines are more than MAX_TEXT bytes.

    A file has at most MAX_FILE bytes of lines: `of_one` reads on. Raises InvalidValue, NoChange.
    """
    if not 1 <= limit <= MAX_FILES:
        raise InvalidValue(f"A page of {limit} files is not possible.", f"Ask for 1 to {MAX_FILES}.")
    start = _number(cursor)
    files = view.files(sq, change)
    wanted = files[start : start + limit]
    known = _read(sq, change, wanted)
    parts: list[Part] = []
    room = MAX_TEXT
    for file in wanted:
        sections = known.by_name.get(file.names[0])
        if parts and sections is None and not known.whole:
            break
        part, size = _part(file, sections or [])
        if parts and size > room:
            break
        parts.append(part)
        room -= size
    end = start + len(parts)
    return Page(files, parts, str(end) if end < len(files) else None)


def of_one(sq: SparkQ, change: Change, path: str, *, cursor: str | None = None) -> Page:
    """Return the file at `path` with at most MAX_TEXT bytes of its lines, from where the page before ended.

    Raises InvalidValue, NoSuchFile, NoChange.
    """
    skipped = _number(cursor)
    files = view.files(sq, change)
    wanted = [file for file in files if file.path == path][:1]
    if not wanted:
        name = safe(cut_text(path, 200))
        raise NoSuchFile(f"{name!r} is not a file that #{change.task} changed.", "Leave out the path to see its files.")
    known = view.parts(sq, change, wanted, MAX_READ)
    fitting = patch.cut(_hunks(known.by_name.get(wanted[0].names[0], [])), skipped, MAX_TEXT)
    part = Part(wanted[0], fitting.hunks, fitting.reached is not None or not known.whole or _is_cut(fitting.hunks))
    return Page(files, [part], None if fitting.reached is None else str(fitting.reached))


def _number(cursor: str | None) -> int:
    return max(0, number(cursor)) if cursor is not None else 0


def _read(sq: SparkQ, change: Change, files: Sequence[FileChange]) -> Parts:
    """Return the patches of these files, without the last one that was read if that may have more than was read."""
    known = view.parts(sq, change, files, MAX_READ)
    if not known.whole and len(known.by_name) > 1:
        known.by_name.popitem()
    return known


def _part(file: FileChange, sections: Sequence[bytes]) -> tuple[Part, int]:
    """Return what a page of several files shows of one, and its bytes."""
    fitting = patch.cut(_hunks(sections), 0, MAX_FILE)
    is_missing = not sections  # behind what was read
    return Part(file, fitting.hunks, is_missing or fitting.reached is not None or _is_cut(fitting.hunks)), fitting.size


def _hunks(sections: Sequence[bytes]) -> Iterator[Hunk]:
    return (hunk for section in sections for hunk in patch.hunks(section))


def _is_cut(hunks: Sequence[Hunk]) -> bool:
    return any(hunk.cut for hunk in hunks)
