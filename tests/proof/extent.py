"""How much a check does: a little in every test run, all of it in `make prove`, for long in `make soak`."""

import os

import pytest

EXTENTS = ("test", "prove", "soak")
BROKEN = "broken"
"""The extent of a run on a core that is broken on purpose: as little as in every test run, and one violation is enough."""

EXTENT = os.environ.get("PROOF_EXTENT", "test")


def extent(test: int, prove: int, soak: int) -> int:
    """The number that goes with the extent of this run: rounds, seconds, examples."""
    return {BROKEN: test, "test": test, "prove": prove, "soak": soak}[EXTENT]


in_prove = pytest.mark.skipif(
    EXTENT in ("test", BROKEN), reason="one more way of a real client, of which each takes seconds: make prove"
)
"""Marks the further scenarios of real clients: each of their promises has one that runs in every test run."""
