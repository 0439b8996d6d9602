"""Several tasks in one command: ids and ranges, all or none, and never an id for a reason."""

import pytest

from sparkq_cli.options import ids_of
from sparkq_core import tasks
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, queued_ids, take
from tests.promises import holds


@pytest.fixture(autouse=True)
def _nine(sq: SparkQ) -> None:
    for number in range(1, 10):
        add(sq, f"task {number}")


@holds("ids")
@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["3"], [3]),
        (["#3", "4"], [3, 4]),
        (["3", "5-7"], [3, 5, 6, 7]),
        (["#3-#5"], [3, 4, 5]),
        (["3,5-6"], [3, 5, 6]),
        (["3", "3-4"], [3, 4]),
        (["4-4"], [4]),
    ],
    ids=str,
)
def test_ids_and_ranges_are_each_id_once(words: list[str], ids: list[int]) -> None:
    assert ids_of(words) == ids


@pytest.mark.parametrize("word", ["", "x", "-3", "3-", "3-x", "9-3", "1-20000", "3,,4", "4x", "#", "3..5", "９"])
def test_what_is_neither_is_refused(word: str) -> None:
    with pytest.raises(InvalidValue):
        ids_of([word])


@holds("ids")
def test_several_tasks_are_cancelled_for_one_reason(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("cancel", "1", "#3", "5-6", "the plan has changed") == "4 tasks cancelled.\n"
    assert queued_ids(sq) == [2, 4, 7, 8, 9]
    assert tasks.detail(sq, 5).events[-1].text == "the plan has changed"


@holds("ids")
def test_a_number_is_never_the_reason(shell: Shell, sq: SparkQ) -> None:
    assert shell.facts("cancel", "3", "4")["total"] == 2
    assert [tasks.get(sq, number).status for number in (3, 4)] == [Status.CANCELLED] * 2
    for words in (["5", "6x"], ["5", "#"], ["5", "done", "6"], ["done", "5"]):
        assert "is not a task id" in shell.refused(2, "cancel", *words)
    assert tasks.get(sq, 5).status == Status.QUEUED


def test_the_reason_may_be_an_option_or_come_from_a_pipe(shell: Shell, sq: SparkQ) -> None:
    shell.ok("cancel", "1", "--reason", "7")
    shell.ok("cancel", "2", "-m", "-", stdin="from a pipe")
    shell.ok("cancel", "3", "-", stdin="also")

    assert [tasks.detail(sq, number).events[-1].text for number in (1, 2, 3)] == ["7", "from a pipe", "also"]
    assert "twice" in shell.refused(2, "cancel", "4", "why", "--reason", "because")


@holds("ids")
def test_all_are_cancelled_or_none(shell: Shell, sq: SparkQ) -> None:
    take(sq)

    assert "#1" in shell.refused(4, "cancel", "1-3")
    assert "#42" in shell.refused(3, "cancel", "2", "42")
    assert queued_ids(sq) == list(range(2, 10))


@holds("ids")
@pytest.mark.parametrize(
    "command", [["complete", "1", "2"], ["fail", "1", "#2"], ["release", "1", "2-5"], ["complete", "1", " 2 "]], ids=str
)
def test_an_id_is_not_taken_for_what_a_worker_says(shell: Shell, sq: SparkQ, command: list[str]) -> None:
    take(sq)

    assert "looks like the id of a task" in shell.refused(2, *command)
    assert tasks.get(sq, 1).status == Status.RUNNING


def test_a_result_that_is_only_a_number_can_be_piped_in(shell: Shell, sq: SparkQ) -> None:
    take(sq)

    shell.ok("complete", "1", "-", stdin="42")

    assert tasks.detail(sq, 1).attempts[-1].result == "42"


@holds("ids")
def test_other_verbs_take_ranges_too(shell: Shell, sq: SparkQ) -> None:
    for _ in range(3):
        tasks.complete(sq, take(sq).task.id, "done", attempt=1)

    assert shell.ok("accept", "1-2") == "2 accepted: #1, #2.\n"
    assert shell.facts("undo", "1-2")["total"] == 2
    assert shell.facts("review", "1,3")["total"] == 2
    assert shell.facts("wait", "1-3")
