"""How much a check does: a little in every test run, all of it in `make prove`, for long in `make soak`."""

import os

EXTENTS = ("test", "prove", "soak")
BROKEN = "broken"
"""The extent of a run on a core that is broken on purpose: as little as in every test run, and one violation is enough."""

EXTENT = os.environ.get("PROOF_EXTENT", "test")


def extent(test: int, prove: int, soak: int) -> int:
    """The number that goes with the extent of this run: rounds, seconds, examples."""
    return {BROKEN: test, "test": test, "prove": prove, "soak": soak}[EXTENT]
