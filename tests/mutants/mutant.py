"""A defect that somebody might make, as a change of the source that a test must notice."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One defect. `changes` are pairs: a snippet that is in `file` exactly once, and the text that replaces it."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    caught_by: tuple[str, ...]


def mutant(name: str, file: str, *changes: tuple[str, str], caught_by: tuple[str, ...]) -> Mutant:
    return Mutant(name, file, changes, caught_by)
