"""Plans of other programs come in as what they are."""

import json

import pytest

from sparkq_core.plans import split
from tests.promises import holds

BACKLOG = """\
---
id: BACK-7
title: 'Show the path: in full'
status: {status}
labels: []
created_date: '2025-06-24'
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
Nobody finds the file.
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [ ] #1 The path is printed
- [x] #2 It is absolute
<!-- AC:END -->
"""


@holds("plans")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_backlog_md_is_one_task(end: str) -> None:
    plan = split(BACKLOG.format(status="To Do").replace("\n", end))

    assert plan.kind == "backlog"
    assert plan.prompts == (
        "# BACK-7: Show the path: in full\n\n## Description\n\nNobody finds the file.\n\n"
        "## Acceptance Criteria\n- [ ] #1 The path is printed\n- [x] #2 It is absolute",
    )


def test_a_file_of_backlog_md_that_is_done_is_left_out() -> None:
    plan = split(BACKLOG.format(status="Done"))

    assert (plan.prompts, plan.done) == ((), ("# BACK-7: Show the path: in full",))


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Fix it", "Fix it"),
        ("'It''s: late'", "It's: late"),
        (">-\n  A title that\n  is long", "A title that is long"),
        ('"with \\"quotes\\""', 'with "quotes"'),
    ],
)
def test_titles_are_read_as_yaml_has_them(written: str, title: str) -> None:
    (prompt,) = split(f"---\nid: BACK-1\ntitle: {written}\nstatus: To Do\n---\nbody\n").prompts

    assert prompt == f"# BACK-1: {title}\n\nbody"


@pytest.mark.parametrize(
    "front", ["id: 1\ntitle: [\nstatus: x", "id: 1\ntitle: a", "id: 1\ntitle: ''\nstatus: x", "id: 2026-13-45\n- x"]
)
def test_other_front_matter_is_no_task_of_backlog_md(front: str) -> None:
    assert split(f"---\n{front}\n---\n- one\n- two\n").prompts == ("one", "two")


def task(number: int, status: str = "pending", **more: object) -> dict[str, object]:
    return {"id": number, "title": f"Task {number}", "description": f"About {number}.", "status": status, **more}


@holds("plans")
@pytest.mark.parametrize("wrap", ["tasks", "tags"])
def test_the_tasks_of_task_master_come_each_behind_those_that_it_needs(wrap: str) -> None:
    listed = [
        task(1, "done"),
        task(2, dependencies=[4, 1]),
        task(3, "cancelled"),
        task(4, "in-progress", details="In detail.", testStrategy="Run it.", dependencies=[2]),
        task(5, subtasks=[task(1, "done"), task(2, details="a\nb")]),
    ]
    text = json.dumps({"tasks": listed} if wrap == "tasks" else {"master": {"tasks": listed}, "other": {"tasks": []}})
    plan = split(text)

    assert plan.kind == "task-master"
    assert plan.prompts == (
        "# 4: Task 4\n\nAbout 4.\n\n## Details\nIn detail.\n\n## Test strategy\nRun it.",
        "# 2: Task 2\n\nAbout 2.",
        "# 5: Task 5\n\nAbout 5.\n\n## Subtasks\n- [x] Task 1\n  About 1.\n- [ ] Task 2\n  About 2.\n  a\n  b",
    )
    assert plan.done == ("# 1: Task 1", "# 3: Task 3")


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "x"}',
        "[1, 2]",
        "{}",
        '{"tasks": 7}',
        '{"tasks": [{"title": 3}]}',
        '{"a": {"tasks": []}, "b": {"tasks": []}}',
    ],
)
def test_other_json_has_no_tasks(text: str) -> None:
    assert split(text).prompts == ()


def test_a_text_that_only_begins_as_json_does_is_split_as_text() -> None:
    assert split("[a link](x)\n{b}").prompts == ("[a link](x)", "{b}")
    assert split("[" * 100_000).kind == "lines"
