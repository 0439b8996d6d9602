"""The fixture `door` of the every-door suite: a pytest plugin that its files name."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.harness.door import Door, PersonsDoor, Site
from tests.harness.doors import DOORS, PERSONS_DOORS


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, store: SparkQ, tmp_path: Path) -> Iterator[Door]:
    """Each door in turn, with "ann" in it."""
    with ExitStack() as at_the_end:
        yield DOORS[request.param](Site(store.config.root, tmp_path / "home", at_the_end))


@pytest.fixture(params=PERSONS_DOORS)
def persons_door(request: pytest.FixtureRequest, store: SparkQ, tmp_path: Path) -> Iterator[PersonsDoor]:
    """Each door by which verdicts are given, in turn."""
    with ExitStack() as at_the_end:
        yield PERSONS_DOORS[request.param](Site(store.config.root, tmp_path / "home", at_the_end))
