"""`sparkq enqueue --split`: several tasks from one text, one a heading or one a line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from sparkq_core.tasks.split import parts_of
from tests.harness.shell import Shell
from tests.harness.task_steps import queued_ids

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

    assert printed == "#1  Fix the parser\n#2  Write the guide\n2 tasks in backend.\n"
    first, second = prompts(sq)
    assert first.startswith("## Fix the parser\nIt fails on dates.")
    assert "## no heading, but a comment\nmake test\n```" in first
    assert second == "## Write the guide\n### For newcomers\nIn three sentences."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n\n  two \r\nthree", ["one", "two", "three"]),
        ("- one\n* two\n1. three\n2) four", ["one", "two", "three", "four"]),
        ("- [ ] to do\n- [x] done\n- [X] done too\n", ["to do"]),
        ("# only one heading\nwith a text\n", ["# only one heading\nwith a text"]),
        ("#no heading\n$(touch owned)", ["#no heading", "$(touch owned)"]),
        ("# A\ndo a\n## B\ndo b", ["# A\ndo a\n## B\ndo b"]),
        ("# A\n## part\ndo a\n# B\ndo b", ["# A\n## part\ndo a", "# B\ndo b"]),
        ("# Title\n\n## Only\ndo it", ["## Only\ndo it"]),
        ("# Title\n## Stage\n### one\na\n### two\nb", ["### one\na", "### two\nb"]),
        ("# Title\n## one\n## two", ["## one", "## two"]),
        ("# Title\nfor all\n## one\na\n## two\nb", ["# Title\nfor all\n## one\na\n## two\nb"]),
        ("before\nall\n# one\na\n# two", ["before\nall", "# one\na", "# two"]),
        ("before\n\n# Title\n## one\n## two", ["before", "## one", "## two"]),
        ("## one\na\n## two\n# last\nb", ["## one\na", "## two", "# last\nb"]),
        ("## one\n# two\na", ["## one", "# two\na"]),
        (
            "# one\n````md\n```sh\n# no heading\n```\n````\n# two",
            ["# one\n````md\n```sh\n# no heading\n```\n````", "# two"],
        ),
        ("# one\n~~~sh\n# no heading\n```\n~~~\n# two", ["# one\n~~~sh\n# no heading\n```\n~~~", "# two"]),
        ("# one\n```not code```\n# two", ["# one\n```not code```", "# two"]),
    ],
)
def test_a_heading_or_a_line_is_a_task_and_no_text_is_lost(
    shell: Shell, sq: SparkQ, text: str, expected: list[str]
) -> None:
    answer = shell.facts("enqueue", "-", "--split", stdin=text)

    assert prompts(sq) == expected
    assert (answer["total"], [task["position"] for task in answer["tasks"]]) == (
        len(expected),
        [*range(1, len(expected) + 1)],
    )


def test_a_pipe_is_read_to_its_end_however_long_it_is(shell: Shell, sq: SparkQ) -> None:
    long = ["x" * 1_000_000, "y" * 1_000_000, "é" * 500_000]

    assert shell.facts("enqueue", "-", "--split", stdin="\n".join(long))["total"] == 3
    assert prompts(sq) == long


@given(st.lists(st.sampled_from(["# ", "## ", "### ", "", "", "```"]), max_size=12))
def test_every_line_with_text_reaches_one_task_but_for_a_bare_title(marks: list[str]) -> None:
    lines = [f"{mark}word{number}" if mark != "```" else mark for number, mark in enumerate(marks)]

    parts = parts_of("\n".join(lines))

    kept = [line for part in parts for line in part.splitlines()]
    missing = [line for line in lines if line not in kept]
    assert [line for line in lines if line in kept] == kept
    for title in missing:
        below = lines[lines.index(title) + 1]
        assert re.match("#+ ", below)
        assert len(below.split()[0]) > len(title.split()[0]) > 0


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
