"""Pytest on another copy of the sources, forked from a process that has imported what both have in common.

Imports nothing of ours: what the forked process knew already, it would not load from the copy.
"""

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

FORKS = multiprocessing.get_context("forkserver")
KNOWN = "pytest _pytest.junitxml _pytest.unittest pdb hypothesis.stateful _hypothesis_pytestplugin anyio.pytest_plugin"
FORKS.set_forkserver_preload([*KNOWN.split(), "xdist.plugin", "xdist.looponfail", "apsw", "yaml", "tomllib"])
"""What most of a short run's time would be."""

DEADLINE_SECONDS = 200


class PytestRun(NamedTuple):
    """Exit code and output of a run of pytest."""

    code: int | None
    output: str


def run_pytest(*arguments: str, folder: Path, core: Path) -> PytestRun:
    """Run pytest in `folder`, where it must find this core."""
    with tempfile.NamedTemporaryFile() as output:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment |= {"PYTHONPATH": str(folder), "SPARKQ_TESTS_CORE": str(core)}
        process = FORKS.Process(target=_run, args=(folder, environment, output.name, arguments))
        process.start()
        process.join(DEADLINE_SECONDS)
        process.kill()
        process.join()
        return PytestRun(process.exitcode, Path(output.name).read_text())


def _run(folder: Path, environment: dict[str, str], file: str, arguments: tuple[str, ...]) -> None:
    import pytest

    output = os.open(file, os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = False  # the next run reads most of the same files
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    os.environ.clear()  # it is what it was when the first fork was made
    os.environ.update(environment)
    sys.exit(int(pytest.main(list(arguments))))
