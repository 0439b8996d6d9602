"""`sparkq enqueue --split`: several tasks from one plan, shown before they are queued, and undone as one."""

import pytest

from sparkq_core import tasks
from sparkq_core.lifecycle import Status
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import queued_ids
from tests.harness.terminal import Terminal
from tests.promises import holds

PLAN = """\
# The plan

## Fix the parser
It fails on dates.

```sh
## no heading, but a comment
make test
```

## Write the guide
### For newcomers
In three sentences.
"""


def prompts(sq: SparkQ) -> list[str]:
    return [tasks.detail(sq, number).prompt for number in queued_ids(sq)]


def test_one_task_a_heading_in_the_order_of_the_text(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "tasks.md").write_text(PLAN)

    printed = shell.ok("enqueue", "--file", "tasks.md", "--split")

    assert printed == "#1  Fix the parser\n#2  Write the guide\n2 tasks in backend.\nTo undo: sparkq cancel 1-2\n"
    first, second = prompts(sq)
    assert first.startswith("## Fix the parser\nIt fails on dates.")
    assert "## no heading, but a comment\nmake test\n```" in first
    assert second == "## Write the guide\n### For newcomers\nIn three sentences."


@pytest.mark.parametrize("way", [["--split"], ["--split", "auto"], ["--split=auto"]], ids=str)
def test_the_way_to_split_may_be_left_out(shell: Shell, sq: SparkQ, way: list[str]) -> None:
    answer = shell.facts("enqueue", "-", *way, stdin="- one\n- two\n")

    assert prompts(sq) == ["one", "two"]
    assert (answer["total"], [task["position"] for task in answer["tasks"]]) == (2, [1, 2])


@pytest.mark.parametrize("more", [(), ("--file", "tasks.md"), ("--dry-run",)], ids=str)
def test_a_slip_in_the_way_to_split_is_not_taken_as_the_plan(shell: Shell, sq: SparkQ, more: tuple[str, ...]) -> None:
    (shell.folder / "tasks.md").write_text(PLAN)

    said = shell.refused(2, "enqueue", "--split", "itms", *more)

    assert "'itms' is not a way to split. Did you mean items?" in " ".join(said.split())
    assert "auto, items, lists, headings, rows" in " ".join(said.split())
    assert queued_ids(sq) == []


@holds("plans")
def test_another_way_is_taken_if_it_is_asked_for(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "-", "--split", "items", stdin="# One\n- a\n\n# Two\n- b\n")

    assert prompts(sq) == ["a\n\nFrom One", "b\n\nFrom Two"]
    assert "auto, items, lists, headings, rows" in shell.refused(2, "enqueue", "-", "--split=words", stdin="one")


def test_items_without_a_box_are_said_with_the_way_to_queue_them(shell: Shell, sq: SparkQ) -> None:
    plan = "# To do\n- [ ] one\n- [ ] two\n\n# Notes\n- three\n"

    shown = shell.ok("enqueue", "-", "--split", "--dry-run", stdin=plan)
    shell.ok("enqueue", "-", "--split", "lists", stdin=plan)

    assert "1 item of its lists has no box; --split lists queues every item." in " ".join(shown.split())
    assert [prompt.partition("\n")[0] for prompt in prompts(sq)] == ["one", "two", "three"]


def test_an_item_names_the_file_and_the_headings_that_it_is_from(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "docs").mkdir()
    plan = shell.folder / "docs/PLAN.md"
    plan.write_text("# Sprint\n- one\n- two\n")

    shell.ok("enqueue", "--file", plan, "--split")

    assert prompts(sq)[0] == "one\n\nFrom docs/PLAN.md › Sprint"


def test_a_pipe_is_read_to_its_end_however_long_it_is(shell: Shell, sq: SparkQ) -> None:
    long = ["x" * 1_000_000, "y" * 1_000_000, "é" * 500_000]

    assert shell.facts("enqueue", "-", "--split", stdin="\n".join(long))["total"] == 3
    assert prompts(sq) == long


def test_tool_and_class_are_those_of_each(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "-", "--split", "--tool", "run-bash", "--timeout", "77", stdin="ls\npwd\n")

    assert [(task.tool, task.timeout) for task in tasks.list_page(sq).tasks] == [("run-bash", 77)] * 2


def test_the_same_text_with_the_same_key_adds_nothing(shell: Shell, sq: SparkQ) -> None:
    for _ in range(2):
        shell.ok("enqueue", "-", "--split", "--key", "plan", stdin="one\ntwo\n")

    assert prompts(sq) == ["one", "two"]
    printed = shell.ok("enqueue", "-", "--split", "--key", "plan", stdin="one\n")
    assert printed == "#1  one (its key was used before)\n0 tasks in backend. 1 had been added before.\n"


def test_a_longer_text_with_the_same_key_adds_what_is_new_in_it_wherever_that_stands(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "-", "--split", "--key", "plan", stdin="one\ntwo\ntwo\n")

    answer = shell.facts("enqueue", "-", "--split", "--key", "plan", stdin="new\none\ntwo\ntwo\n")

    assert prompts(sq) == ["one", "two", "two", "new"]
    assert ([task["added"] for task in answer["tasks"]], answer["added"]) == ([True, False, False, False], 1)


@pytest.mark.parametrize("text", ["", "\n \n", "- [x] all done\n"])
def test_a_text_without_a_task_adds_nothing(shell: Shell, sq: SparkQ, text: str) -> None:
    assert "no task in this text" in shell.refused(2, "enqueue", "-", "--split", stdin=text)
    assert queued_ids(sq) == []


def test_one_part_that_cannot_be_adds_none(shell: Shell, sq: SparkQ) -> None:
    assert "1,048,576" in shell.refused(2, "enqueue", "-", "--split", stdin="one\n" + "x" * (2**20 + 1))
    assert queued_ids(sq) == []


@holds("plans")
def test_a_dry_run_shows_the_tasks_and_queues_nothing(shell: Shell, sq: SparkQ) -> None:
    text = "# Sprint\nAbout it.\n- [ ] one\n- [x] two\n- [ ] three\n"
    shell.ok("enqueue", "-", "--split", stdin="# Sprint\n- [ ] three\n")

    printed = shell.ok("enqueue", "-", "--split", "--dry-run", stdin=text)

    assert [line.split() for line in printed.splitlines()] == [
        ["TASK"],
        ["1", "one"],
        ["2", "three", "queued", "already:", "#1"],
        [],
        [
            "2",
            "tasks:",
            "one",
            "for",
            "each",
            "item",
            "of",
            "its",
            "lists.",
            "1",
            "of",
            "them",
            "is",
            "queued",
            "already.",
            "Left",
            "out:",
            "1",
            "that",
            "is",
            "done,",
            "1",
            "line",
            "of",
            "other",
            "text.",
        ],
        [
            "Nothing",
            "was",
            "queued",
            "yet.",
            "Another",
            "way:",
            "--split",
            "items,",
            "lists,",
            "headings",
            "or",
            "rows.",
        ],
    ]
    answer = shell.facts("enqueue", "-", "--split", "--dry-run", stdin=text)
    assert answer == {
        "tasks": [
            {"title": "one", "prompt": "one\n\nFrom Sprint"},
            {"title": "three", "prompt": "three\n\nFrom Sprint", "queued": 1},
        ],
        "total": 2,
        "found": "items",
        "done": ["two"],
        "rest": ["About it."],
    }
    assert queued_ids(sq) == [1]


@holds("plans")
def test_what_is_queued_already_is_not_added_a_second_time_unless_asked(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "-", "--split", stdin="- one\n- two\n- two\n")
    tasks.edit(sq, 1, prompt="one, with more words")

    printed = shell.ok("enqueue", "-", "--split", stdin="- one\n- two\n- two\n- two\n- new\n")

    assert printed.splitlines()[-2:] == [
        "2 tasks in backend. 3 were queued already (add them with --again).",
        "To undo: sparkq cancel 4-5",
    ]
    assert prompts(sq)[3:] == ["two", "new"]
    assert shell.facts("enqueue", "-", "--split", "--again", stdin="- one\n- new\n")["added"] == 2
    tasks.cancel(sq, 5)
    assert shell.facts("enqueue", "-", "--split", stdin="- new\n- two\n")["added"] == 0


def test_an_enqueue_that_is_not_split_adds_the_same_again(shell: Shell, sq: SparkQ) -> None:
    for _ in range(2):
        shell.ok("enqueue", "one")

    assert prompts(sq) == ["one", "one"]


@holds("plans")
def test_a_whole_plan_is_undone_by_the_command_that_was_printed(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "before")
    undo = shell.ok("enqueue", "-", "--split", stdin="- one\n- two\n- three\n").splitlines()[-1]

    assert shell.ok(*undo.removeprefix("To undo: sparkq ").split()).startswith("3 tasks cancelled.")
    assert [tasks.get(sq, number).status for number in range(1, 5)] == [Status.QUEUED, *[Status.CANCELLED] * 3]


PLENTY = "".join(f"- part {number}\n" for number in range(11))


def test_a_long_plan_is_shown_on_a_terminal_before_it_is_queued(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "PLAN.md").write_text(PLENTY)

    with Terminal(shell, "enqueue", "--file", "PLAN.md", "--split") as terminal:
        terminal.until("11  part 10")
        terminal.until("Queue 11 tasks in backend?")
        terminal.type("n\n")
        assert terminal.end() == 1
    assert queued_ids(sq) == []

    with Terminal(shell, "enqueue", "--file", "PLAN.md", "--split") as terminal:
        terminal.until("Queue 11 tasks in backend?")
        terminal.type("\n")
        terminal.until("To undo: sparkq cancel 1-11")
        assert terminal.end() == 0
    assert len(queued_ids(sq)) == 11


@pytest.mark.parametrize(
    ("text", "options"), [(PLENTY, ["--yes"]), (PLENTY, ["--quiet"]), ("- one\n- two\n", [])], ids=str
)
def test_nothing_is_asked_of_a_short_plan_or_with_yes(shell: Shell, sq: SparkQ, text: str, options: list[str]) -> None:
    (shell.folder / "PLAN.md").write_text(text)

    with Terminal(shell, "enqueue", "--file", "PLAN.md", "--split", *options) as terminal:
        assert terminal.end() == 0
    assert len(queued_ids(sq)) == text.count("\n")


@pytest.mark.parametrize("option", ["--dry-run", "--again"])
def test_options_for_plans_are_refused_for_one_task(shell: Shell, sq: SparkQ, option: str) -> None:
    assert "is for --split" in shell.refused(2, "enqueue", "one", option)
    assert queued_ids(sq) == []


def test_a_text_whose_tasks_are_all_done_says_so(shell: Shell) -> None:
    assert "All 2 tasks in it are done" in shell.refused(2, "enqueue", "-", "--split", stdin="- [x] one\n- [x] two\n")


def test_titles_of_a_plan_cannot_inject(shell: Shell) -> None:
    printed = shell.ok("enqueue", "-", "--split", "--dry-run", stdin="- \x1b[31mred\n- [bold]x[/bold]\n")

    assert "\x1b" not in printed
    assert "\\x1b[31mred" in printed
    assert "[bold]x[/bold]" in printed
