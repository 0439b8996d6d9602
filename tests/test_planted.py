"""Each planted defect is found: a suite that passes on broken code would be worth nothing."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.forked import Ran, forked
from tests.planted import PLANTED, Planted
from tests.planted_places import PLANTED_PLACES
from tests.support import TOP

ALL = {one.name: one for one in (*PLANTED, *PLANTED_PLACES)}
NAMED = sorted({test for one in ALL.values() for test in one.tests})
NOTHING = Planted("nothing", "", (), tuple(NAMED))

HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")
"""What Python is compiling at this moment, in another process."""

PYTEST: tuple[str, ...] = ("-rf", "--assert=plain", "--tb=line", "-n0", "-p", "no:cacheprovider")
PYTEST += ("-p", "no:schemathesis", "-p", "no:playwright")
"""Without rewritten assertions, long tracebacks and plugins of others, which cost more here than the tests themselves."""


def run(defect: Planted, copy: Path) -> Ran:
    """The named tests on a copy of the core with the defect in it."""
    for part in ("sparkq_core", "sparkq_mcp", "sparkq_cli", "sparkq_http", "tests"):
        shutil.copytree(TOP / part, copy / part, copy_function=linked, ignore=HALF_WRITTEN)
    shutil.copy(TOP / "pyproject.toml", copy)
    if defect.changes:
        file = copy / (defect.file if defect.file.startswith("sparkq_") else f"sparkq_core/{defect.file}")
        text = changed(file.read_text(), defect)
        file.unlink()  # it is a link to the source
        file.write_text(text)
    named = (one if one.startswith("tests/") else f"tests/core/{one}" for one in defect.tests)
    return forked(*PYTEST, *(["-x"] if len(defect.tests) == 1 else []), *named, folder=copy, core=copy / "sparkq_core")


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

    assert done.code == 0, done.told[-3000:]


@pytest.mark.parametrize("name", ALL)
def test_a_planted_defect_is_caught_by_the_tests_that_it_names(tmp_path: Path, name: str) -> None:
    done = run(ALL[name], tmp_path / "copy")

    assert done.code == pytest.ExitCode.TESTS_FAILED, done.told[-3000:]
    failed = re.findall(r"^FAILED tests/core/(\S+?)(?:\[| |$)", done.told, re.MULTILINE)
    assert set(failed) == set(ALL[name].tests), done.told[-3000:]


def test_a_copy_that_is_not_tested_is_no_catch(tmp_path: Path) -> None:
    assert forked(*PYTEST, f"tests/core/{NAMED[0]}", folder=TOP, core=tmp_path).code == 7


def test_every_defect_has_a_name_of_its_own() -> None:
    assert len(ALL) == len(PLANTED) + len(PLANTED_PLACES)
