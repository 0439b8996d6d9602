"""Moving tasks at the command line."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, queued_ids, take
from tests.promises import holds


@pytest.fixture(autouse=True)
def _two_queues(sq: SparkQ) -> None:
    add(sq, *"123456")
    queues.create(sq, "docs")


@holds("command-move", "ids")
def test_ids_and_ranges_are_moved_and_it_says_where_they_are(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("move", "2", "docs") == "#2 is in docs, 1st in line.\n"
    assert shell.ok("move", "2", "docs") == "#2 is already in docs, 1st in line.\n"
    assert shell.ok("move", "5-6", "#2", "docs") == "3 tasks moved to docs, where 1 of them was already.\n"
    assert shell.ok("move", "4", "docs", "--front") == "#4 is in docs, 1st in line.\n"
    assert queued_ids(sq, "docs") == [4, 2, 5, 6]
    assert [task["position"] for task in shell.facts("move", "1", "3", "docs")["tasks"]] == [5, 6]


@holds("command-move")
def test_the_gate_of_the_new_queue_is_shown(shell: Shell, sq: SparkQ) -> None:
    queues.pause(sq, "docs")

    assert "docs is paused: it hands out no tasks (sparkq queue resume docs)" in shell.ok("move", "1", "docs")


@holds("command-move")
def test_what_cannot_be_moved_is_refused_with_the_next_step(shell: Shell, sq: SparkQ) -> None:
    take(sq)

    assert "Name it last: sparkq move 3 4 QUEUE" in shell.refused(2, "move", "3", "4")
    assert "Name it last" in shell.refused(2, "move", "docs")
    assert "docs" in shell.refused(3, "move", "3", "dosc")
    assert "it is running" in shell.refused(4, "move", "1-2", "docs")
    assert queued_ids(sq) == [2, 3, 4, 5, 6]


@holds("command-move", "only-by-the-user")
def test_an_agent_takes_no_task_out_of_a_queue_that_you_guard(shell: Shell, sq: SparkQ) -> None:
    shell.ok("move", "2", "docs", CLAUDECODE="1")
    queues.limit_reviews(sq, "backend", 1)

    said = shell.refused(4, "move", "3", "docs", CLAUDECODE="1")

    assert "by the user" in said
    assert tasks.get(sq, 3).queue == "backend"
    shell.ok("move", "2", "backend", CLAUDECODE="1")
    shell.ok("move", "3", "docs")


@holds("verdict-doors")
def test_the_timeline_says_that_you_moved_it_in_a_terminal(shell: Shell, sq: SparkQ) -> None:
    shell.ok("move", "1", "docs")
    shell.ok("move", "2", "docs", CLAUDECODE="1")

    assert "moved (in a terminal)  backend -> docs" in shell.ok("task", "1", "--timeline")
    assert "moved  backend -> docs" in shell.ok("task", "2", "--timeline")
