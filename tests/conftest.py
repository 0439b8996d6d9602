"""Fixtures of every test: an own project in an own folder, with an own clock."""

import gc
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

import sparkq_core
from sparkq_core import queues
from sparkq_core.config import consent
from sparkq_core.files import lock
from sparkq_core.project import SparkQ
from tests.harness import downloads
from tests.harness.clocks import SetClock
from tests.harness.distribution import Distribution, build_distribution
from tests.harness.projects import open_new_project
from tests.harness.source_copy import SourceCopy
from tests.proof.counts import Counts

settings.register_profile("sparkq", deadline=None, print_blob=True)
settings.load_profile("sparkq")


MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3
"""Bytes: several times what the tests have at once."""


def pytest_configure() -> None:
    """A run on a copy with a mutant must test the copy: anything else would be caught for the wrong reason."""
    gc.disable()  # until everything is collected: nothing of it goes before the end
    _hear_signals()
    if "PROOF_EXTENT" not in os.environ:
        _write_to_memory()
    wanted = os.environ.get("SPARKQ_TESTS_CORE")
    if wanted and Path(sparkq_core.__file__).parent != Path(wanted):
        pytest.exit(f"sparkq_core came from {sparkq_core.__file__}, not from {wanted}", returncode=7)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def _hear_signals() -> None:
    """Commands that the tests start would ignore what this process ignores, as nohup and `&` in a script make it do."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _write_to_memory() -> None:
    """Where there is room, tests keep their files in memory: waiting for the disk was a third of their time. `make prove`,
    which is about the disk, stays on it. What the person sets goes before this."""
    if not os.access(MEMORY, os.W_OK):
        return
    about = os.statvfs(MEMORY)
    if about.f_flag & os.ST_NOEXEC or about.f_bavail * about.f_frsize < ROOM:
        return
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    os.environ.setdefault("TMPDIR", str(MEMORY))
    tempfile.tempdir = None  # what was found before does not count


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the developer's home or settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    foreign = {"XDG_STATE_HOME", "XDG_CONFIG_HOME", "SUDO_UID", *consent.AGENTS}
    for name in [name for name in os.environ if name.startswith("SPARKQ_") or name in foreign]:
        if name != "SPARKQ_TESTS_CORE":
            monkeypatch.delenv(name)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Counts:
    """Counts what the test does, for the table of `make prove`."""
    return Counts(request.node.user_properties)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run, the same for all of its processes."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def distribution(shared: Path) -> Distribution:
    """Wheel and source distribution, built once by whichever test process comes first."""
    with lock.holding(shared / "dist.lock"):
        return build_distribution(shared / "dist")


@pytest.fixture(scope="session")
def claude_code() -> Path:
    """The command `claude`."""
    return downloads.claude_code()


@pytest.fixture(scope="session")
def source_copy(tmp_path_factory: pytest.TempPathFactory) -> SourceCopy:
    """A copy of the sources, to plant defects in."""
    return SourceCopy(tmp_path_factory.mktemp("source_copy"))


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
    opened = open_new_project(root, clock)
    yield opened
    opened.close()


@pytest.fixture
def store(root: Path) -> Iterator[SparkQ]:
    """An open project on the machine's clock, as processes of its own share it, with an empty queue "backend"."""
    with closing(open_new_project(root)) as opened:
        queues.create(opened, "backend", instructions="Run make test.")
        yield opened


@pytest.fixture
def queue(sq: SparkQ) -> str:
    """The name of an empty queue."""
    return queues.create(sq, "backend").name
