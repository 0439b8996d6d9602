"""The fixtures of the every-door suite: its files name this plugin."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.harness.doors import DOORS, Door, Site
from tests.http.door import Rest

DOORS["http"] = Rest


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, store: SparkQ, tmp_path: Path) -> Iterator[Door]:
    """Each door in turn, with "ann" in it."""
    with ExitStack() as at_the_end:
        yield DOORS[request.param](Site(store.config.root, tmp_path / "home", at_the_end))
