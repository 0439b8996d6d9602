"""Plans whose headings are the tasks, and what of a text is none."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkq_core.errors import InvalidValue
from sparkq_core.plans import BY, split, tasks_of
from tests.promises import holds


def prompts(text: str, by: str = "auto") -> list[str]:
    return list(split(text, by).prompts)


def firsts(text: str, by: str = "auto") -> list[str]:
    return [prompt.partition("\n")[0] for prompt in prompts(text, by)]


@holds("plans")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n\n  two \r\nthree", ["one", "two", "three"]),
        ("Fix this:\n```\nraise X\n```\nand that", ["Fix this:\n```\nraise X\n```", "and that"]),
        ("#no heading\n$(touch owned)", ["#no heading", "$(touch owned)"]),
        ("# only one heading\nwith a text\n", ["# only one heading\nwith a text"]),
        ("# A\ndo a\n## B\ndo b", ["## B\ndo b"]),
        ("# A\n## part\ndo a\n# B\ndo b", ["# A\n## part\ndo a", "# B\ndo b"]),
        ("# Title\n\n## Only\ndo it", ["## Only\ndo it"]),
        ("# Title\n## Stage\n### one\na\n### two\nb", ["### one\na", "### two\nb"]),
        ("# Title\n## one\n## two", ["## one", "## two"]),
        ("# Title\nfor all\n## one\na\n## two\nb", ["## one\na", "## two\nb"]),
        ("before\nall\n# one\na\n# two", ["# one\na", "# two"]),
        ("## one\na\n## two\n# last\nb", ["## one\na", "## two", "# last\nb"]),
        ("one\n---\na\n\ntwo\n---\nb", ["one\n---\na", "two\n---\nb"]),
        ("\ufeff---\ntitle: x\n---\n\n<!--\n# no task\n-->\n# one\n\n***\n\n# two", ["# one\n\n***", "# two"]),
        ("+++\ntitle = 'x'\n+++\n# one\n# two", ["# one", "# two"]),
        (
            "# one\n````md\n```sh\n# no heading\n```\n````\n# two",
            ["# one\n````md\n```sh\n# no heading\n```\n````", "# two"],
        ),
        ("# one\n~~~sh\n# no heading\n```\n~~~\n# two", ["# one\n~~~sh\n# no heading\n```\n~~~", "# two"]),
        ("# one\n> # quoted\n# two", ["# one\n> # quoted", "# two"]),
    ],
    ids=str,
)
def test_a_heading_has_what_is_below_it(text: str, expected: list[str]) -> None:
    assert prompts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "done"),
    [
        ("## Done\n- [x] a\n## Page\n- [ ] b", ["## Page"], ["## Done"]),
        ("## Parser\n- [ ] a\n- [x] b\n## Page\n- [ ] c", ["## Parser", "## Page"], []),
        ("## ~~One~~\na\n## Two\nb\n## Three ✅\nc", ["## Two"], ["## ~~One~~", "## Three ✅"]),
        (
            "## Phase 1: base ✅ COMPLETE\n### 1.1 a\n### 1.2 b\n## Phase 2: page\n### 2.1 c",
            ["### 2.1 c"],
            ["### 1.1 a", "### 1.2 b"],
        ),
        (
            "## 1. Move the cells----finished\na\n## 2. Let them meet\nb",
            ["## 2. Let them meet"],
            ["## 1. Move the cells----finished"],
        ),
        ("## ✅ Tasks\n- a\n- b", ["a", "b"], []),
    ],
    ids=str,
)
def test_sections_that_are_done_are_left_out(text: str, expected: list[str], done: list[str]) -> None:
    assert firsts(text) == expected
    assert list(split(text).done) == done


IMPLEMENTATION = """\
# Search: implementation plan

**Goal:** find things.

## Global constraints
- Python only

### Task 1: Index

**Files:** `index.py`

- [ ] **Step 1: Write the failing test**

```python
# not a heading
assert search("x") == []
```

- [ ] **Step 2: Make it pass**
- [ ] **Step 3: Commit**

### Task 2: Rank

- [x] **Step 1: Test**
- [x] **Step 2: Code**

### Task 3: Show

- [ ] **Step 1: Test**
- [x] **Step 2: Code**
"""


@holds("plans")
def test_numbered_tasks_are_the_tasks_whatever_has_boxes_in_them() -> None:
    plan = split(IMPLEMENTATION)

    assert [prompt.partition("\n")[0] for prompt in plan.prompts] == ["### Task 1: Index", "### Task 3: Show"]
    assert plan.prompts[0].endswith("- [ ] **Step 3: Commit**")
    assert plan.done == ("### Task 2: Rank",)
    assert plan.rest == ("**Goal:** find things.", "- Python only")


def test_a_task_with_tasks_below_it_is_those_and_they_say_where_they_are() -> None:
    text = "# Plan\n## Intro\n## Core\n### P1-0: base\n#### P1-0-A: fix\na\n#### P1-0-B: test\nb\n### P1-1: events\nc\n"

    assert prompts(text) == [
        "#### P1-0-A: fix\na\n\nFrom Core › P1-0: base",
        "#### P1-0-B: test\nb\n\nFrom Core › P1-0: base",
        "### P1-1: events\nc\n\nFrom Core",
    ]


def test_phases_are_the_tasks_of_a_document_that_has_them() -> None:
    text = """\
# Hub

## Current state
| piece | state |
|---|---|
| a | ok |

## Rules
1. Never guess

## Phase 1 - build (today)
1. **Select** the matches
2. Sort them

## Phase 2 - help
Write it.

## Daily
- look
"""
    assert firsts(text) == ["## Phase 1 - build (today)", "## Phase 2 - help"]


def test_numbered_sections_without_boxes_are_tasks_beside_the_boxes_of_other_phases() -> None:
    text = """\
# Shop

## Phase 1: the cart

### 1.1 Add discounts
Codes are in `codes.csv`.

1. Read them
2. Check the date

### 1.2 Round half to even
See the ticket.

### 1.3 Keep the cart
In a cookie.

### 1.4 Overview
All of it is in `cart.py`.

## Phase 2: payments

- [ ] Choose a provider
- [ ] Write the adapter

## Phase 3: later
- an app
"""
    plan = split(text)

    assert [prompt.partition("\n")[0] for prompt in plan.prompts] == [
        *("### 1.1 Add discounts", "### 1.2 Round half to even", "### 1.3 Keep the cart"),
        *("Choose a provider", "Write the adapter"),
    ]
    assert plan.prompts[0].endswith("2. Check the date\n\nFrom Phase 1: the cart")
    assert (plan.rest, plan.unboxed) == (("All of it is in `cart.py`.", "- an app"), 1)


def test_the_criteria_and_goals_of_a_phase_are_not_its_tasks() -> None:
    text = "## 3. Phase 1: core\n### 3.1 Objectives\na\n### 3.2 Criteria\nb\n## 4. Phase 2: page\n### 4.1 Goals\nc\n### 4.2 Risks\nd\n"

    assert firsts(text) == ["## 3. Phase 1: core", "## 4. Phase 2: page"]


def test_of_a_document_only_the_sections_that_are_work_are_tasks() -> None:
    text = "# P\n## Overview\na\n## Goals & audience\nb\n## Importer\nc\n## Exporter\nd\n## Risks and dependencies\ne\n"

    assert firsts(text) == ["## Importer", "## Exporter"]
    assert len(prompts(text, "headings")) == 5


def test_the_features_of_a_product_document_are_its_tasks() -> None:
    text = "# P\n## Problem\na\n## Key features\n### 1. Fast\nb\n### 2. Small\nc\n## Non-goals\nd\n## Metrics\ne\n"

    assert prompts(text) == ["### 1. Fast\nb\n\nFrom Key features", "### 2. Small\nc\n\nFrom Key features"]


def test_rows_are_tasks_if_asked() -> None:
    text = """\
# Work
| id | task | files | status |
|---|---|---|---|
| T1 | Parse | `a.py` | done |
| ✅ T2 | Print | `b.py` | open |
| T3 | Sort \\| group | | open |
"""
    plan = split(text, "rows")

    assert plan.prompts == ("T3 Sort | group\n\n- status: open\n\nFrom Work",)
    assert plan.done == ("T1 Parse", "✅ T2 Print")
    assert prompts(text) == [text.strip()]


def test_a_way_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidValue, match="is not a way to split"):
        split("- one", "words")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no task in this text"),
        ("- [x] one\n- [x] two", "All 2 tasks in it are done"),
        ("<!-- x -->\n---\n", "no task"),
    ],
)
def test_a_text_without_a_task_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        tasks_of(text)


PIECES = st.lists(
    st.sampled_from(
        [
            "# ",
            "## ",
            "### ",
            "- ",
            "  - ",
            "1. ",
            "- [ ] ",
            "- [x] ",
            "  ",
            "",
            "> ",
            "```",
            "Task 1 ",
            "Phase 2 ",
            "| a |\n|---|\n| ",
            "    ",
            "[a]: ",
            "> [b]: ",
            "<!-- c --> ",
        ]
    ),
    max_size=14,
)


@holds("plans")
@example(["- [ ] ", "```", "# ", "```"], "auto")
@example(["# ", "[a]: ", "# ", "[a]: "], "auto")
@given(PIECES, st.sampled_from(BY))
def test_every_line_is_in_one_task_or_said_to_be_left_out(marks: list[str], by: str) -> None:
    lines = [f"{mark}word{number}x" if mark != "```" else mark for number, mark in enumerate(marks)]
    plan = split("\n".join(lines), by)

    kept = "\n".join(plan.prompts)
    left_out = "\n".join((*plan.done, *plan.rest))
    for number, line in enumerate(lines):
        word = f"word{number}x"
        if word in line and not line.startswith(("#", "- [x]")) and "#" not in line:
            assert word in kept or word in left_out or plan.done
        assert "\n".join(prompt.partition("\n\nFrom ")[0] for prompt in plan.prompts).count(word) <= 1


@pytest.mark.parametrize(
    "text",
    ["- " * 20_000, "> " * 20_000 + "x", "# T1\n" * 20_000, "- [ ] a\n" * 20_000, "|a" * 20_000 + "|\n|-\n", "~~" * 20_000, "1. a\n\nb\n" * 5_000,
     "- ~~a~~" + "." * 50_000 + "x", "[" * 20_000, "`" * 50_000, "---\na: b\n" * 10_000, "<!--" * 20_000, "\t" * 50_000 + "- x"],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_no_text_is_too_hostile_to_be_split(text: str) -> None:
    for by in BY:
        assert split(text, by).kind
