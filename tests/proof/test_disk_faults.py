"""The Nth read, write, sync or lock fails, for every N: the project is as before the verb or as after it, never between."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.projects import TOP
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.extent import extent
from tests.proof.failing_disk import FAULTS

LAST = extent(200, 200, 2000)
STEP = extent(12, 1, 1)


@holds("survives-death")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_nothing_that_was_acknowledged(tmp_path: Path, counts: Counts, fault: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.failing_disk", str(tmp_path), fault, str(LAST), str(STEP)],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=extent(60, 120, 1200),
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    came, wrong, _ = json.loads(done.stdout)
    assert wrong == []
    assert came.get("refused", 0) > 0 or fault == "a lock is taken once"
    assert came.get("beyond", 0) == 0 or LAST > 200, "the life is too short for this many calls"
    counts(faults=came.get("refused", 0) + came.get("endured", 0), refused=came.get("refused", 0))
