"""Eight processes start at once where nothing has been set up: one project comes of it, and nobody breaks."""

import subprocess
from pathlib import Path

import pytest

from sparkq_core import project
from tests.harness.projects import database_of
from tests.harness.shell import SPARKQ, Shell
from tests.mcp.chat import Raw
from tests.proof.counts import Counts
from tests.proof.extent import extent
from tests.proof.finished_run import unsound

ROUNDS = extent(2, 20, 100)
SECONDS = 60.0
"""How long eight interpreters may take to start at once on a machine that has other work."""

COMMANDS = (
    ("setup", "--yes"),
    ("setup", "--yes"),
    ("queue", "create", "backend"),
    ("enqueue", "one", "--queue", "backend"),
    ("tasks", "--json"),
    ("doctor",),
)
NOT_SET_UP_YET = {0, 1, 3}
"""Done, a doctor's failure, or: there is no project (or no queue) here yet."""


@pytest.mark.parametrize("number", range(ROUNDS))
def test_eight_processes_that_start_cold_make_one_sound_project(tmp_path: Path, counts: Counts, number: int) -> None:
    root = tmp_path / "project"
    root.mkdir()
    shell = Shell(root, tmp_path / "home")
    with Raw(root) as first, Raw(root) as second:
        commands = [
            subprocess.Popen(
                [SPARKQ, *words],
                cwd=root,
                env=shell.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for words in COMMANDS
        ]
        for raw in (first, second):
            raw.patience = SECONDS
            raw.initialize()
            raw.tool("list_queues", {}, 5)
        ended = [(words, *process.communicate(timeout=SECONDS), process.returncode) for words, process in zip(COMMANDS, commands, strict=True)]  # fmt: skip
        for words, out, err, code in ended:
            assert "Traceback" not in out + err, (words, err)
            assert "locked" not in err, (words, err)
            assert code in NOT_SET_UP_YET, (words, code, err)
        assert [code for words, _, _, code in ended if words[0] == "setup"] == [0, 0]

        shell.sparkq("queue", "create", "backend")
        ids = [raw.tool("enqueue", {"queue": "backend", "prompt": "x"}, 6)["id"] for raw in (first, second)]

    sq = project.open(root, env={})
    assert unsound(sq) == []
    assert sq.db.rows("SELECT count(*) FROM project") == [(1,)]
    assert ids[1] == ids[0] + 1, "both chats write into one project"
    assert sorted(root.rglob("*.db")) == [database_of(root)]
    sq.close()
    counts(rounds=1, cold_starts=2 + len(COMMANDS))
