"""Each planted defect is found: a suite that passes on broken code would be worth nothing."""

import re
from pathlib import Path

import pytest

from tests.harness.copied import PYTEST, Copy
from tests.harness.forked import forked
from tests.harness.support import TOP
from tests.mutants.life_cycle import PLANTED, Planted
from tests.mutants.places import PLANTED_PLACES
from tests.promises import holds

ALL = {one.name: one for one in (*PLANTED, *PLANTED_PLACES)}
NAMED = sorted({test for one in ALL.values() for test in one.tests})
NOTHING = Planted("nothing", "", (), tuple(NAMED))


def test_without_a_defect_the_named_tests_pass(sources: Copy) -> None:
    done = sources.run(NOTHING)

    assert done.code == 0, done.told[-3000:]


@holds("planted-defects")
@pytest.mark.parametrize("name", ALL)
def test_a_planted_defect_is_caught_by_the_tests_that_it_names(sources: Copy, name: str) -> None:
    done = sources.run(ALL[name])

    assert done.code == pytest.ExitCode.TESTS_FAILED, done.told[-3000:]
    failed = re.findall(r"^FAILED tests/core/(\S+?)(?:\[| |$)", done.told, re.MULTILINE)
    assert set(failed) == set(ALL[name].tests), done.told[-3000:]


def test_a_copy_that_is_not_tested_is_no_catch(tmp_path: Path) -> None:
    assert forked(*PYTEST, f"tests/core/{NAMED[0]}", folder=TOP, core=tmp_path).code == 7


def test_every_defect_has_a_name_of_its_own() -> None:
    assert len(ALL) == len(PLANTED) + len(PLANTED_PLACES)
