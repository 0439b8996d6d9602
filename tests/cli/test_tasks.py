"""`sparkq tasks` and `sparkq task`: what there is, and all about one."""

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import shown
from tests.promises import holds


@pytest.fixture
def busy(sq: SparkQ) -> SparkQ:
    """#1 done by ann, #2 failed by bob, #3 running with ann, #4 and #5 queued, #6 in "docs" of session "feature-x"."""
    sessions.create(sq, "feature-x")
    queues.create(sq, "docs", session="feature-x")
    add(sq, "one", "two", "three", "four")
    tasks.enqueue(sq, "backend", "ls", tool="run-bash")
    add(sq, "six", queue="docs")
    take(sq, "ann")
    tasks.complete(sq, 1, "Done\nin two lines")
    take(sq, "bob")
    tasks.fail(sq, 2, "broke", error_type="environment")
    take(sq, "ann")
    return sq


@holds("command-tasks")
@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ([], [6, 5, 4, 3, 2, 1]),
        (["--queue", "backend"], [5, 4, 3, 2, 1]),
        (["--queue", "backend", "--status", "queued"], [4, 5]),
        (["--status", "queued"], [6, 5, 4]),
        (["--status", "failed"], [2]),
        (["--session", "feature-x"], [6]),
        (["--tool", "run-bash"], [5]),
        (["--worker", "ann"], [3, 1]),
        (["--worker", "ann", "--status", "running"], [3]),
        (["--worker", "nobody"], []),
    ],
)
def test_filters_choose(bare: Shell, busy: SparkQ, filters: list[str], ids: list[int]) -> None:
    answer = bare.facts("tasks", *filters)

    assert [task["id"] for task in answer["tasks"]] == ids
    assert answer["total"] == len(ids)


@holds("terminal-marks")
def test_the_table_has_a_line_for_each(bare: Shell, busy: SparkQ) -> None:
    heads, *lines = bare.ok("tasks").splitlines()

    assert heads.split() == ["ID", "STATUS", "QUEUE", "TITLE", "AGE", "TOOK", "FINISHED", "WORKER"]
    assert [row.split()[0] for row in lines] == ["#6", "#5", "#4", "#3", "#2", "#1"]
    assert lines[3].split()[1:4] == ["running", "backend", "three"]
    assert lines[3].split()[-1] == "ann"
    assert "🔴" in lines[4]


@holds("command-tasks")
def test_pages_go_on_to_the_end(bare: Shell, busy: SparkQ) -> None:
    ids: list[int] = []
    more: list[str] = []
    while True:
        answer = bare.facts("tasks", "--limit", "4", *more)
        ids += [task["id"] for task in answer["tasks"]]
        if "next_cursor" not in answer:
            break
        more = ["--cursor", answer["next_cursor"]]

    assert ids == [6, 5, 4, 3, 2, 1]
    printed = bare.ok("tasks", "--limit", "4")
    assert "4 of 6. More: --cursor" in printed
    assert len(bare.ok("tasks", "--limit", "4", *printed.split("More: ")[1].split()).splitlines()) == 3


@pytest.mark.parametrize(
    ("word", "status"), [("done", "succeeded"), ("in_progress", "running"), ("cancled", "cancelled")]
)
def test_another_word_for_a_status_is_answered_with_the_status(
    bare: Shell, busy: SparkQ, word: str, status: str
) -> None:
    said = " ".join(bare.refused(2, "tasks", "--status", word).split())

    assert f"'{word}' is not a status. Did you mean {status}" in said
    assert "It can be queued" in said


def test_an_empty_list_says_what_to_do(shell: Shell) -> None:
    assert "sparkq enqueue" in shell.ok("tasks")
    assert shell.ok("tasks", "--status", "failed") == "No tasks match.\n"
    assert shell.facts("tasks") == {"tasks": [], "total": 0}


def test_a_table_fits_the_terminal(shell: Shell, sq: SparkQ) -> None:
    add(sq, "A title that is much longer than the terminal is wide, and goes on and on 表表表表表表表")

    screen = shown(shell, "tasks", columns=60, NO_COLOR="1")

    widths = [sum(2 if ord(character) > 0x2E80 else 1 for character in row) for row in screen.splitlines()]
    assert max(widths) <= 60
    assert "…" in screen
    assert "on and on 表" in shell.ok("tasks")


@holds("warn", "terminal-marks")
def test_a_stale_task_is_marked(shell: Shell, sq: SparkQ) -> None:
    earlier = second_handle(sq)._replace(clock=SetClock(SystemClock().now() - 90_000))
    add(earlier, "one", timeout=60)
    take(earlier)

    assert "running ⚠️" in shell.ok("tasks")
    assert shell.facts("task", "1")["stale"] == "warned"
    assert "1 running task has gone quiet" in shell.ok()


@holds("terminal-marks")
def test_marks_are_letters_where_emoji_cannot_be_shown(bare: Shell, busy: SparkQ) -> None:
    printed = bare.ok("tasks", LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert printed.isascii()
    assert "failed x" in printed


@holds("command-task")
def test_a_task_is_shown_whole(bare: Shell, busy: SparkQ) -> None:
    tasks.requeue(busy, 2, feedback="Start the database first")
    take(busy, "zoe", task_id=2)

    printed = bare.ok("task", "2")

    for part in ("#2  two", "running", "zoe", "  Start the database first", "Attempt 1", "environment", "  broke"):
        assert part in printed
    assert "  Done\n  in two lines\n" in bare.ok("task", "1")


@holds("command-task")
def test_the_timeline_tells_everything_in_order(bare: Shell, busy: SparkQ) -> None:
    tasks.progress(busy, 3, "half done")
    tasks.complete(busy, 3, "done")

    timeline = bare.ok("task", "#3", "--timeline").split("Timeline\n")[1].splitlines()

    assert [row.split()[1] for row in timeline] == ["enqueued", "claimed", "progress", "succeeded"]
    assert timeline[2].endswith("half done")
    assert [event["kind"] for event in bare.facts("task", "3")["events"]] == [row.split()[1] for row in timeline]


@holds("typed-ids")
def test_a_task_in_json_is_whole(bare: Shell, busy: SparkQ) -> None:
    answer = bare.facts("task", "1")

    assert (answer["friendly_id"], answer["prompt"], answer["result_summary"]) == ("#1", "one", "Done\nin two lines")
    assert [attempt["worker_id"] for attempt in answer["history"]] == ["ann"]
    assert bare.facts("task", "#1") == answer


@holds("typed-ids")
@pytest.mark.parametrize("wrong", ["abc", "１", "9" * 30, "", "\x1b[31m"])
def test_what_is_no_id_is_refused(shell: Shell, wrong: str) -> None:
    message = shell.refused(2, "task", wrong)

    assert "not a task id" in message
    assert "\x1b" not in message


def test_an_unknown_id_names_the_newest(bare: Shell, busy: SparkQ) -> None:
    assert "Ids go up to #6" in bare.refused(3, "task", "7")
