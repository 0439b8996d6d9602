"""Fixtures of every test: a project of its own in a folder of its own, at a time of its own."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

import sparkq_core
from sparkq_core import queues
from sparkq_core.project import SparkQ
from tests.proof.counts import Counts
from tests.support import SetClock, made

settings.register_profile("sparkq", deadline=None, print_blob=True)
settings.load_profile("sparkq")


def pytest_configure() -> None:
    """A run on a planted copy must test the copy: anything else would be caught for the wrong reason."""
    wanted = os.environ.get("SPARKQ_TESTS_CORE")
    if wanted and Path(sparkq_core.__file__).parent != Path(wanted):
        pytest.exit(f"sparkq_core came from {sparkq_core.__file__}, not from {wanted}", returncode=7)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the developer's home or settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in [name for name in os.environ if name.startswith("SPARKQ_") and name != "SPARKQ_TESTS_CORE"]:
        monkeypatch.delenv(name)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Counts:
    """Counts what the test does, for the table of `make prove`."""
    return Counts(request.node.user_properties)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a project that nobody has set up."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def sq(root: Path, clock: SetClock) -> Iterator[SparkQ]:
    """An open project without queues."""
    opened = made(root, clock)
    yield opened
    opened.close()


@pytest.fixture
def store(root: Path) -> Iterator[SparkQ]:
    """An open project on the machine's clock, as processes of its own share it, with an empty queue "backend"."""
    with closing(made(root)) as opened:
        queues.create(opened, "backend", instructions="Run make test.")
        yield opened


@pytest.fixture
def queue(sq: SparkQ) -> str:
    """The name of an empty queue."""
    return queues.create(sq, "backend").name
