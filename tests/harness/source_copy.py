"""Put one defect after another into a copy of the sources, and run the tests on it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import cache_from_source
from pathlib import Path

from tests.harness.projects import TOP
from tests.harness.pytest_run import PytestRun, run_pytest
from tests.mutants.mutant import Mutant

PARTS = ("sparkq_core", "sparkq_mcp", "sparkq_cli", "sparkq_http", "tests")
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")
"""What Python is compiling at this moment, in another process."""

PYTEST: tuple[str, ...] = ("-rf", "--assert=plain", "--tb=line", "-n0", "-p", "no:cacheprovider")
PYTEST += ("-p", "no:schemathesis", "-p", "no:playwright", "-p", "no:unraisableexception")
"""Without rewritten assertions, long tracebacks, plugins of others and a search for garbage, which cost more than the tests."""


class SourceCopy:
    """A copy of the sources in its own folder: unchanged, except while a defect is tried."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for part in PARTS:
            shutil.copytree(TOP / part, folder / part, copy_function=_linked, ignore=HALF_WRITTEN)
        shutil.copy(TOP / "pyproject.toml", folder)

    def run(self, defect: Mutant) -> PytestRun:
        """Run the tests that the defect names, with the defect in the sources."""
        named = (test if test.startswith("tests/") else f"tests/core/{test}" for test in defect.caught_by)
        first = ["-x"] if len(defect.caught_by) == 1 else []
        with self._with(defect):
            return run_pytest(*PYTEST, *first, *named, folder=self._folder, core=self._folder / "sparkq_core")

    @contextmanager
    def _with(self, defect: Mutant) -> Iterator[None]:
        if not defect.changes:
            yield
            return
        name = _name(defect)
        file = self._folder / name
        text = changed(defect)
        _removed(file)  # first: it is a link to the source
        file.write_text(text)
        try:
            yield
        finally:
            _removed(file)
            _linked(str(TOP / name), str(file))


def _linked(source: str, target: str) -> None:
    """Link a file and its compiled module; copy them if the disk is another one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _removed(file: Path) -> None:
    """Remove a file and its compiled module: Python takes two sources of one second and one size for the same."""
    file.unlink()
    Path(cache_from_source(str(file))).unlink(missing_ok=True)


def _name(defect: Mutant) -> str:
    return defect.file if defect.file.startswith("sparkq_") else f"sparkq_core/{defect.file}"


def changed(defect: Mutant) -> str:
    """Return the source with the defect in it. Raises AssertionError if it quotes what is not there."""
    text = (TOP / _name(defect)).read_text()
    for source, instead in defect.changes:
        assert text.count(source) == 1, f"{defect.file} has {text.count(source)} times: {source}"
        text = text.replace(source, instead)
    return text
