"""Several tasks in one command: ids and ranges, all or none, and never an id for a reason."""

import pytest

from sparkq_cli.options import ids_of
from sparkq_core import queues, tasks
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.harness.task_steps import add, queued_ids, take
from tests.harness.terminal import FreshTerminal
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
    assert (
        shell.ok("cancel", "1", "#3", "5-6", "the plan has changed")
        == "4 tasks cancelled. To undo: sparkq requeue 1 3 5-6\n"
    )
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
    ("command", "code"),
    [
        (["complete", "1", "2"], 2),
        (["complete", "1", " 2 "], 2),
        (["fail", "1", "#2", "-m", "broke"], 4),
        (["release", "1", "2-5"], 4),
        (["edit", "2", "3"], 2),
        (["requeue", "1", "2"], 4),
    ],
    ids=str,
)
def test_an_id_is_not_taken_for_what_is_said(shell: Shell, sq: SparkQ, command: list[str], code: int) -> None:
    take(sq)
    before = all_rows(sq)

    said = shell.refused(code, *command)

    assert ("looks like the id of a task" in said) == (command[0] == "complete")
    assert all_rows(sq) == before


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


@holds("ids", "requeue")
def test_several_tasks_are_requeued_with_one_feedback_and_come_back_by_one_undo(shell: Shell, sq: SparkQ) -> None:
    for number in (1, 2, 3):
        take(sq, task_id=number)
    assert shell.ok("fail", "1-2", "#3", "3 tests fail") == "3 tasks failed.\n"
    assert tasks.detail(sq, 2).attempts[-1].error == "3 tests fail"

    assert "undo" in shell.ok("requeue", "3", "1", "Look at the log", "--front")
    assert queued_ids(sq)[:3] == [3, 1, 4]
    assert tasks.detail(sq, 1).feedback == "Look at the log"
    assert shell.facts("undo")["total"] == 2
    assert "#4" in shell.refused(4, "requeue", "1-4")
    assert queued_ids(sq)[0] == 4


@holds("ids", "release")
def test_several_tasks_are_released_for_one_reason_all_or_none(shell: Shell, sq: SparkQ) -> None:
    for number in (1, 2):
        take(sq, task_id=number)

    assert "#3" in shell.refused(4, "release", "1-3")
    assert "one task" in shell.refused(2, "release", "1-2", "--question", "Which?")
    assert shell.ok("release", "1-2", "-m", "-", stdin="lunch") == "2 tasks released, at their old places.\n"
    assert queued_ids(sq) == list(range(1, 10))
    assert tasks.detail(sq, 2).events[-1].text == "lunch"


@holds("ids", "edit")
def test_several_tasks_get_another_timeout_and_one_gets_a_prompt_that_begins_with_a_number(
    shell: Shell, sq: SparkQ
) -> None:
    assert shell.ok("edit", "2-4", "--timeout", "7", "--feedback", "-", stdin="Mind the dog") == "3 tasks changed.\n"
    assert {tasks.get(sq, number).timeout for number in (2, 3, 4)} == {7}
    assert tasks.detail(sq, 3).feedback == "Mind the dog"

    shell.ok("edit", "5", "3 tests fail: fix them")
    assert tasks.detail(sq, 5).prompt == "3 tests fail: fix them"
    assert "Name one task" in shell.refused(2, "edit", "5-6", "Do it better")
    assert "Name one task" in shell.refused(2, "edit", "5-6")


@holds("place", "ids")
def test_tasks_are_put_beside_another_or_change_places(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("edit", "9", "--after", "2") == "#9 is now 3rd in backend.\n"
    assert shell.ok("edit", "7", "5-6", "--before", "#1") == "3 tasks placed, 1st to 3rd in backend.\n"
    assert shell.ok("edit", "3", "--swap", "7") == "#3 is now the next task in backend. #7 is now 7th in backend.\n"
    assert shell.ok("edit", "8", "4", "--front") == "2 tasks placed, 1st to 2nd in backend.\n"
    assert queued_ids(sq) == [8, 4, 3, 5, 6, 1, 2, 9, 7]

    for words in (["1", "--after", "2", "--front"], ["1", "2", "--swap", "3"], ["1", "--after", "2", "--timeout", "9"]):
        shell.refused(2, "edit", *words)
    take(sq, task_id=1)
    assert "it is running" in shell.refused(4, "edit", "2", "--after", "1")


@holds("bulk")
def test_all_of_a_queue_are_shown_before_you_are_asked(shell: Shell, sq: SparkQ) -> None:
    with FreshTerminal(shell, "cancel", "--queue", "backend", "the plan has changed") as terminal:
        terminal.until("[y/N]: ")
        assert all(f"task {number}" in terminal.screen for number in range(1, 10))
        assert "Cancel these 9 tasks?" in terminal.screen
        terminal.type("n")
        terminal.until("Nothing was changed.")
    assert queued_ids(sq) == list(range(1, 10))

    with FreshTerminal(shell, "cancel", "-Q", "backend") as terminal:
        terminal.until("[y/N]: ")
        terminal.type("y")
        terminal.until("9 tasks cancelled. To undo: sparkq requeue 1-9")
    assert queued_ids(sq) == []


@holds("bulk")
def test_a_cancel_of_all_of_a_queue_shows_its_way_back(shell: Shell, sq: SparkQ) -> None:
    shell.ok("cancel", "2", "5", "--quiet")
    said = shell.ok("cancel", "--queue", "backend", "--yes")

    assert said == "7 tasks cancelled. To undo: sparkq requeue 1 3-4 6-9\n"
    shell.ok(*said.partition("sparkq ")[2].split())
    assert sorted(queued_ids(sq)) == [1, 3, 4, 6, 7, 8, 9]


@holds("bulk")
def test_without_a_terminal_a_filter_needs_a_yes(shell: Shell, sq: SparkQ) -> None:
    assert "It would cancel 9 tasks" in (said := shell.refused(2, "cancel", "--status", "queued"))
    assert "Add --yes" in said
    assert "Ids and a filter" in shell.refused(2, "cancel", "3", "--queue", "backend")
    assert "A running task cannot be chosen" in shell.refused(2, "cancel", "--status", "running", "--yes")
    assert "sparkq cancel 42" in shell.refused(2, "cancel")
    shell.refused(3, "cancel", "--queue", "nowhere", "--yes")
    assert queued_ids(sq) == list(range(1, 10))

    assert shell.facts("cancel", "--queue", "backend", "--yes", "enough")["total"] == 9
    assert tasks.detail(sq, 4).events[-1].text == "enough"
    assert shell.ok("cancel", "--queue", "backend", "--yes") == "No tasks match.\n"


@holds("bulk", "cancel")
def test_requeueing_what_failed_leaves_the_cancelled_tasks_alone(shell: Shell, sq: SparkQ) -> None:
    for number in (1, 2):
        take(sq, task_id=number)
    shell.ok("fail", "--queue", "backend", "--yes", "-m", "The network is down")
    shell.ok("cancel", "3")

    assert shell.facts("requeue", "--queue", "backend", "--yes", "It is up again")["total"] == 2
    assert (tasks.get(sq, 3).status, tasks.detail(sq, 2).feedback) == (Status.CANCELLED, "It is up again")
    assert queued_ids(sq) == [4, 5, 6, 7, 8, 9, 1, 2]

    assert shell.facts("requeue", "--status", "cancelled", "--yes")["total"] == 1
    assert tasks.get(sq, 3).status == Status.QUEUED


@holds("bulk")
def test_other_verbs_take_filters_too(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    assert shell.facts("move", "--queue", "backend", "docs", "--yes")["total"] == 9
    assert queued_ids(sq, "docs") == list(range(1, 10))
    assert shell.facts("edit", "--queue", "docs", "--timeout", "9", "--yes")["total"] == 9
    for number in (1, 2, 3):
        take(sq, queue="docs", task_id=number)
    tasks.complete(sq, 1, "done")
    assert shell.facts("release", "--queue", "docs", "--yes")["total"] == 2
    assert shell.facts("accept", "--queue", "docs", "--yes")["total"] == 1
    assert shell.facts("accept", "--queue", "docs", "--yes")["total"] == 0


def test_a_text_is_given_once_and_a_dash_is_standard_input(shell: Shell, sq: SparkQ) -> None:
    take(sq)
    shell.ok("progress", "1", "-", stdin="half of it")
    assert tasks.detail(sq, 1).events[-1].text == "half of it"
    assert "twice" in shell.refused(2, "complete", "1", "done", "--result", "done")
    shell.ok("complete", "1", "-m", "12")
    assert tasks.detail(sq, 1).attempts[-1].result == "12"
    assert "one text" in shell.refused(2, "requeue", "1", "--again", "-m", "-", "--prompt", "-")
    shell.ok("requeue", "1", "--again", "--prompt", "-", stdin="another prompt")
    assert tasks.detail(sq, 1).prompt == "another prompt"
    assert "one text" in shell.refused(2, "edit", "1", "-", "--feedback", "-")


@holds("bulk", "cancel")
def test_ids_in_a_pipe_reach_only_what_failed(shell: Shell, sq: SparkQ) -> None:
    for number in (1, 2):
        take(sq, task_id=number)
    shell.ok("fail", "1-2", "broke")
    shell.ok("cancel", "3")

    assert shell.ok("tasks", "--status", "failed", "--ids") == "2\n1\n"
    done = shell.run("sh", "-c", "sparkq tasks --status failed --ids | xargs -r sparkq requeue")

    assert (done.code, done.err) == (0, "")
    assert tasks.get(sq, 3).status == Status.CANCELLED
    assert queued_ids(sq)[-2:] == [2, 1]
    assert "1 of 8" in shell.sparkq("tasks", "--ids", "--status", "queued", "--limit", "1").err
