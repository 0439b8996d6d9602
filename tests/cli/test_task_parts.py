"""`sparkq task` prints a single part of a task, and shows a long text in the pager."""

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import Terminal
from tests.promises import holds


@pytest.fixture
def worked(sq: SparkQ) -> SparkQ:
    """#1 with two prompts, two notes and a result; #2 failed; #3 is queued."""
    add(sq, "Fix the parser\n\n- of dates", "Write the guide", "Read the logs")
    tasks.edit(sq, 1, prompt="Fix the parser\n\n- of times")
    take(sq, task_id=1)
    tasks.progress(sq, 1, "step 1")
    tasks.progress(sq, 1, "step 2\x1b[2J")
    tasks.complete(sq, 1, "It was the comma.\nAll green.")
    take(sq, task_id=2)
    tasks.fail(sq, 2, "no guide here")
    return sq


@holds("command-task")
def test_a_part_is_printed_alone(shell: Shell, worked: SparkQ) -> None:
    assert shell.ok("task", "1", "--prompt") == "Fix the parser\n\n- of times\n"
    assert shell.ok("task", "1", "--result") == "It was the comma.\nAll green.\n"
    assert shell.ok("task", "2", "--result") == "no guide here\n"
    assert shell.ok("task", "1", "--revision", "1") == "Fix the parser\n\n- of dates\n"
    first, second = shell.ok("task", "1", "--notes").splitlines()
    assert first.endswith("  step 1")
    assert second.endswith("  step 2\\x1b[2J")
    assert shell.ok("task", "3", "--notes") == "No notes.\n"
    revisions = shell.ok("task", "1", "--revisions")
    assert revisions.index("Revision 1") < revisions.index("  - of dates") < revisions.index("Revision 2")


def test_a_part_that_is_not_there_is_refused(shell: Shell, worked: SparkQ) -> None:
    assert "#3 has no result: it is queued." in shell.refused(4, "task", "3", "--result")
    assert "It has had 2 prompts" in shell.refused(2, "task", "1", "--revision", "3")
    assert "#9" in shell.refused(3, "task", "9", "--prompt")
    assert "--prompt and --result were given" in shell.refused(2, "task", "1", "--prompt", "--result")
    assert "--prompt and --json" in shell.sparkq("task", "1", "--prompt", "--json").err


@holds("command-task")
def test_only_a_text_that_is_longer_than_the_screen_is_paged(shell: Shell, sq: SparkQ) -> None:
    add(sq, "short", "long\n" * 60)
    pager = "sed s/^/paged:/"

    with Terminal(shell, "task", "1", PAGER=pager) as terminal:
        assert "paged:" not in terminal.until("short")
        assert terminal.end() == 0
    with Terminal(shell, "task", "2", PAGER=pager) as terminal:
        terminal.until("paged:  long")
        assert terminal.end() == 0
