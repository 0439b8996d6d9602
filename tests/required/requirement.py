"""One requirement: a promise, and what holds it."""

from typing import NamedTuple


class Requirement(NamedTuple):
    """A promise of the design (D) or of the requirements document (R), by section.

    `tests` are node ids below `tests/`; `open_in` is the issue that brings what is not there yet. One of the two.
    """

    id: str
    sentence: str
    tests: tuple[str, ...] = ()
    open_in: int | None = None


def held(name: str, sentence: str, *tests: str) -> Requirement:
    """A promise that tests hold."""
    return Requirement(name, sentence, tests)


def awaits(issue: int, name: str, sentence: str) -> Requirement:
    """A promise that is not held yet: the issue brings it."""
    return Requirement(name, sentence, open_in=issue)
