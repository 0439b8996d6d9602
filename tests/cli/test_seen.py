"""A prompt or instructions are changed as they were shown: what came in between is not overwritten, and no text is lost."""

from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import BIN, Shell
from tests.harness.task_steps import add
from tests.harness.terminal import Terminal, editor
from tests.promises import holds

CHANGES = {
    "edit": (["edit", "1"], "edit 1 Theirs"),
    "instructions": (["queue", "instructions", "backend", "--edit"], "queue instructions backend Theirs"),
}
"""Each command that opens an editor on a text that is there, and the one that changes the text meanwhile."""


def present(sq: SparkQ, what: str) -> str:
    return tasks.detail(sq, 1).prompt if what == "edit" else queues.instructions(sq, "backend")[1]


@holds("unseen")
@pytest.mark.parametrize("what", CHANGES)
def test_an_editor_does_not_save_over_what_changed_meanwhile_and_its_text_is_kept(
    shell: Shell, sq: SparkQ, tmp_path: Path, what: str
) -> None:
    add(sq, "one")
    queues.instruct(sq, "backend", "First")
    command, meanwhile = CHANGES[what]
    program = editor(tmp_path, f'"{BIN}/sparkq" {meanwhile} >&2; echo Mine > "$1"')

    with Terminal(shell, *command, EDITOR=program, TMPDIR=str(tmp_path)) as terminal:
        terminal.until("Your text is kept in ")
        terminal.until("has revision 2 by now" if what == "edit" else "have revision 2 by now")
        assert terminal.end() == 4

    assert present(sq, what) == "Theirs"
    (kept,) = tmp_path.glob("sparkq-*.md")
    assert kept.read_text() == "Mine\n"


@holds("unseen", "command-edit", "command-queue")
@pytest.mark.parametrize("what", CHANGES)
def test_a_revision_that_is_not_the_present_one_changes_nothing(shell: Shell, sq: SparkQ, what: str) -> None:
    add(sq, "one")
    queues.instruct(sq, "backend", "one")
    command = ["edit", "1"] if what == "edit" else ["queue", "instructions", "backend"]

    shell.ok(*command, "two", "--revision", "1")
    refused = shell.refused(4, *command, "three", "--revision", "1")

    assert "you saw revision 1" in refused
    assert present(sq, what) == "two"
