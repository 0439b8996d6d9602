"""The proof is tested too: a check that passes on a broken SparkQ would be worth nothing."""

import pytest

from tests.harness.source_copy import SourceCopy
from tests.mutants.proof import PROOF_MUTANTS
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.extent import BROKEN as EXTENT_OF_THESE
from tests.proof.extent import extent

ALL = {mutant.name: mutant for mutant in PROOF_MUTANTS}
RUNS = 12
HERE = list(ALL)[: extent(5, len(ALL), len(ALL))]
"""In every test run the first ones; all of them in `make prove`."""


@holds("e2e")
@pytest.mark.parametrize("name", HERE)
def test_a_check_fails_on_a_core_that_is_broken_just_there(
    source_copy: SourceCopy, monkeypatch: pytest.MonkeyPatch, counts: Counts, name: str
) -> None:
    monkeypatch.setenv("PROOF_EXTENT", EXTENT_OF_THESE)
    # Some need an unlucky moment of several processes, which one short run may miss.
    for _ in range(RUNS):
        done = source_copy.run(ALL[name])
        missed = [test for test in ALL[name].caught_by if f"FAILED {test}" not in done.output]
        if not missed or "SKIPPED" in done.output:
            break

    assert done.code == pytest.ExitCode.TESTS_FAILED, done.output[-3000:]
    assert missed == [] or "SKIPPED" in done.output, done.output[-3000:]
    counts(broken_variants_caught=1)
