"""Each planted defect is found: a suite that passes on broken code would be worth nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import PLANTED, Planted
from tests.planted_places import PLANTED_PLACES
from tests.support import TOP

ALL = {one.name: one for one in (*PLANTED, *PLANTED_PLACES)}
NAMED = sorted({test for one in ALL.values() for test in one.tests})
NOTHING = Planted("nothing", "", (), tuple(NAMED))

HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")
"""What Python is compiling at this moment, in another process."""

PYTEST: tuple[str, ...] = (sys.executable, "-m", "pytest", "-rf", "--assert=plain", "--tb=line", "-n0")
PYTEST += ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:playwright")
"""Without rewritten assertions, long tracebacks and plugins of others, which cost more here than the tests themselves."""


def run(defect: Planted, copy: Path) -> "subprocess.CompletedProcess[str]":
    """The named tests on a copy of the core with the defect in it."""
    for part in ("sparkq_core", "sparkq_mcp", "sparkq_cli", "sparkq_http", "tests"):
        shutil.copytree(TOP / part, copy / part, copy_function=linked, ignore=HALF_WRITTEN)
    shutil.copy(TOP / "pyproject.toml", copy)
    if defect.changes:
        file = copy / (defect.file if defect.file.startswith("sparkq_") else f"sparkq_core/{defect.file}")
        text = changed(file.read_text(), defect)
        file.unlink()  # it is a link to the source
        file.write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [
            *PYTEST,
            *(["-x"] if len(defect.tests) == 1 else []),
            *(one if one.startswith("tests/") else f"tests/core/{one}" for one in defect.tests),
        ],
        cwd=copy,
        env={**environment, "PYTHONPATH": str(copy), "SPARKQ_TESTS_CORE": str(copy / "sparkq_core")},
        capture_output=True,
        text=True,
        timeout=200,
    )


def linked(source: str, target: str) -> None:
    """The same file under another name, with what Python compiled of it; a copy where the disk is another one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def changed(text: str, defect: Planted) -> str:
    """The source with the defect in it."""
    for source, instead in defect.changes:
        assert text.count(source) == 1, f"{defect.file} has {text.count(source)} times: {source}"
        text = text.replace(source, instead)
    return text


def test_without_a_defect_the_named_tests_pass(tmp_path: Path) -> None:
    done = run(NOTHING, tmp_path / "copy")

    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("name", ALL)
def test_a_planted_defect_is_caught_by_the_tests_that_it_names(tmp_path: Path, name: str) -> None:
    done = run(ALL[name], tmp_path / "copy")

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout[-3000:] + done.stderr[-3000:]
    failed = re.findall(r"^FAILED tests/core/(\S+?)(?:\[| |$)", done.stdout, re.MULTILINE)
    assert set(failed) == set(ALL[name].tests), done.stdout[-3000:]


def test_a_copy_that_is_not_tested_is_no_catch(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PYTEST, f"tests/core/{NAMED[0]}"],
        cwd=TOP,
        env={**os.environ, "SPARKQ_TESTS_CORE": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 7


def test_every_defect_has_a_name_of_its_own() -> None:
    assert len(ALL) == len(PLANTED) + len(PLANTED_PLACES)
