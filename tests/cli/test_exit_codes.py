"""Exit codes: what a script can tell from them. Busy (75) takes its ten seconds in the every-door suite."""

from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.command import SPARKQ, Shell
from tests.support import add, take


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("tasks", 0),
        ("claim --queue backend", 0),
        ("enqueue --queue backend", 2),
        ("tasks --limit 0", 2),
        ("tasks --limit many", 2),
        ("tasks --no-such-option", 2),
        ("complete", 2),
        ("no-such-command", 2),
        ("queue no-such-verb", 2),
        ("task 99", 3),
        ("peek --queue nowhere", 3),
        ("complete 2 done", 4),
        ("requeue 1", 4),
        ("queue create backend", 4),
        ("enqueue more --queue hidden", 4),
    ],
)
def test_the_code_says_what_kind_of_end_it_was(shell: Shell, sq: SparkQ, command: str, code: int) -> None:
    add(sq, "one", "two")
    take(sq)
    queues.create(sq, "hidden")
    queues.archive(sq, "hidden")

    done = shell.sparkq(*command.split())

    assert done.code == code
    assert (done.err == "") == (code == 0)
    assert (done.out != "") == (code == 0)


def test_a_defect_is_one_line_and_its_details_are_in_a_file(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    add(sq, "one")
    take(sq)
    tasks.complete(sq, 1, "done", data=[1])
    with sq.db.write() as tx:
        tx.run("UPDATE attempts SET data = 'not JSON at all'")

    done = shell.run(SPARKQ, "task", "1", "--json", TMPDIR=str(tmp_path))

    assert (done.code, done.out) == (70, "")
    (line,) = done.err.splitlines()
    (details,) = tmp_path.glob("sparkq-defect-*")
    assert "a defect of SparkQ: JSONDecodeError" in line
    assert str(details) in line
    assert "Traceback" in details.read_text()
