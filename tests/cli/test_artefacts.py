"""What accepted tasks leave, by the commands: each verdict writes or removes the files before the command ends."""

import pytest

from sparkq_core import inbox
from sparkq_core.project import SparkQ
from tests.core.inbox_steps import done, failed
from tests.harness.shell import Shell
from tests.promises import holds


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A project that keeps them."""
    assert "reviews.path is kept" in shell.ok("config", "set", "reviews.path", "kept")
    return shell


def names(shell: Shell) -> list[str]:
    return sorted(file.name for file in (shell.folder / "kept").iterdir())


@holds("artefacts", "command-accept", "command-undo")
def test_each_command_that_decides_writes_or_removes_them(kept: Shell, sq: SparkQ) -> None:
    done(sq)
    failed(sq)
    kept.ok("accept", "1")
    assert names(kept) == ["0001-one.md"]
    kept.ok("review", "2")
    assert names(kept) == ["0001-one.md", "0002-one.md"]
    kept.ok("undo")
    assert names(kept) == ["0001-one.md"]
    kept.ok("requeue", "1", "--again")
    assert names(kept) == []
    kept.ok("undo", "1")
    assert names(kept) == ["0001-one.md"]


@holds("artefacts")
def test_a_verdict_counts_even_if_the_files_cannot_be_written(kept: Shell, sq: SparkQ) -> None:
    done(sq)
    (kept.folder / "kept").write_text("mine")

    answer = kept.sparkq("accept", "1")

    assert (answer.code, answer.out) == (0, "#1 accepted: it has succeeded.\n")
    assert answer.err.startswith("sparkq: The files of the accepted tasks are still to be written: ")
    assert "sparkq config set reviews.path FOLDER" in answer.err
    assert inbox.waiting(sq) == 0
    assert "1 task could not be written" in kept.sparkq("doctor").out
