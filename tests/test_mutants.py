"""Each mutant is caught: a suite that passes on broken code would be worth nothing."""

import re
from pathlib import Path

import pytest

from tests.harness.projects import TOP
from tests.harness.pytest_run import run_pytest
from tests.harness.source_copy import PYTEST, SourceCopy, changed
from tests.mutants.assignments import ASSIGNMENT_MUTANTS
from tests.mutants.chats import CHAT_MUTANTS
from tests.mutants.installation import INSTALLATION_MUTANTS
from tests.mutants.life_cycle import LIFE_CYCLE_MUTANTS
from tests.mutants.mutant import Mutant
from tests.mutants.proof import PROOF_MUTANTS
from tests.mutants.questions_and_limits import QUESTION_AND_LIMIT_MUTANTS
from tests.mutants.storage_and_config import STORAGE_AND_CONFIG_MUTANTS
from tests.promises import holds

EVERY = (
    ASSIGNMENT_MUTANTS,
    CHAT_MUTANTS,
    INSTALLATION_MUTANTS,
    LIFE_CYCLE_MUTANTS,
    QUESTION_AND_LIMIT_MUTANTS,
    STORAGE_AND_CONFIG_MUTANTS,
)
ALL = {mutant.name: mutant for mutants in EVERY for mutant in mutants}
NAMED = sorted({test for mutant in ALL.values() for test in mutant.caught_by})
NOTHING = Mutant("nothing", "", (), tuple(NAMED))


def test_without_a_defect_the_named_tests_pass(source_copy: SourceCopy) -> None:
    done = source_copy.run(NOTHING)

    assert done.code == 0, done.output[-3000:]


@holds("mutants")
@pytest.mark.parametrize("name", ALL)
def test_a_mutant_is_caught_by_the_tests_that_it_names(source_copy: SourceCopy, name: str) -> None:
    done = source_copy.run(ALL[name])

    assert done.code == pytest.ExitCode.TESTS_FAILED, done.output[-3000:]
    failed = re.findall(r"^FAILED tests/core/(\S+?)(?:\[| |$)", done.output, re.MULTILINE)
    assert set(failed) == set(ALL[name].caught_by), done.output[-3000:]


def test_a_run_on_other_sources_is_not_a_catch(tmp_path: Path) -> None:
    assert run_pytest(*PYTEST, f"tests/core/{NAMED[0]}", folder=TOP, core=tmp_path).code == 7


def test_every_mutant_has_its_own_name() -> None:
    assert len(ALL) == sum(map(len, EVERY))


def test_the_mutants_of_the_proof_quote_the_source_too() -> None:
    for defect in PROOF_MUTANTS:
        changed(defect)
