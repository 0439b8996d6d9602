"""Plans that are lists: each item is a task with all that belongs to it, and what is done stays out."""

import pytest

from sparkq_core.errors import InvalidValue
from sparkq_core.plans import split
from tests.promises import holds


def prompts(text: str, by: str = "auto") -> list[str]:
    return list(split(text, by).prompts)


@holds("plans")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- one\n* two\n1. three\n2) four", ["one", "two", "three", "four"]),
        (
            "- [ ] to do\n- [x] done\n- [X] done too\n- [] also open\n- [-] given up\n- [/] begun",
            ["to do", "also open", "begun"],
        ),
        ("- one\n- ~~two~~\n- ~~three~~ (done in May)\n- ~~Redis~~ Postgres", ["one", "~~Redis~~ Postgres"]),
        (
            "- ✅ one\n- ☐ two\n- ☑ three\n- [done] four\n- DONE: five\n- six - done\n- seven (fixed)\n- all is done",
            ["two", "all is done"],
        ),
        ("- one\n  goes on\nlazily\n- two", ["one\ngoes on\nlazily", "two"]),
        ("- one\n  - part a\n    - detail\n  - part b\n- two", ["one\n- part a\n  - detail\n- part b", "two"]),
        (
            "1. one\n\n   ```sh\n   # not a heading\n   make\n   ```\n\n   More.\n2. two",
            ["one\n\n```sh\n# not a heading\nmake\n```\n\nMore.", "two"],
        ),
        (
            "1. one\n```sh\nmake\n```\n2. two\n\nNot indented.\n\n3. three",
            ["one\n```sh\nmake\n```", "two\n\nNot indented.", "three"],
        ),
        ("- one\n\n      code\n\n- two", ["one\n\n    code", "two"]),
        ("-\tone\n\tmore\n-\ttwo", ["one\nmore", "two"]),
        ("    - one\n    - two\n", ["one", "two"]),
        ("- one\r\n  more\r\n- two\r\n", ["one\nmore", "two"]),
        ("- \n- [ ]\n- one", ["one"]),
        ("- [a link](https://example.org)\n- [ ] two", ["[a link](https://example.org)", "two"]),
    ],
    ids=str,
)
def test_an_item_has_what_belongs_to_it(text: str, expected: list[str]) -> None:
    assert prompts(text) == expected


def test_what_is_open_below_a_ticked_item_is_still_to_do_and_says_where() -> None:
    assert prompts(
        "- [x] Analytics\n  - [x] users\n  - [ ] rivers\n    - [ ] and lakes\n- Bonus\n  - [ ] dark theme"
    ) == [
        "rivers\n- [ ] and lakes\n\nFrom Analytics",
        "dark theme\n\nFrom Bonus",
    ]


def test_an_item_says_under_which_headings_it_was() -> None:
    text = "# Release 2\n\n## Server\n\n**Routes:**\n\n- [ ] one\n- [ ] two\n\n## Page\n- [ ] three\n- [ ] four\n"

    assert [prompt.split("\n\n") for prompt in split(text, source="PLAN.md").prompts] == [
        ["one", "From PLAN.md › Release 2 › Server › Routes"],
        ["two", "From PLAN.md › Release 2 › Server › Routes"],
        ["three", "From PLAN.md › Release 2 › Page"],
        ["four", "From PLAN.md › Release 2 › Page"],
    ]


def test_a_heading_that_only_says_that_there_are_tasks_is_not_repeated() -> None:
    assert prompts("# TODO\n\n- [ ] one\n- two\n- [x] three\n") == ["one", "two"]


SPEC_KIT = """\
# Tasks: recipes

**Input**: the design documents

## Format: `[ID] [P?] Description`

- **[P]**: can run in parallel
- Paths are relative to the root

## Phase 1: Setup

**Purpose**: the base

- [x] T001 Make the folders
- [ ] T002 [P] Check the dependencies

**Checkpoint**: it starts

## Phase 2: List

### Tests for the list

- [ ] T003 [P] [US1] Test the empty list
- [ ] T004 [US1] Test a long one

## Dependencies

- Setup (Phase 1): none
- List: after Setup

## Notes

- Commit after each task
"""


@holds("plans")
def test_of_a_plan_with_boxes_only_what_has_a_box_is_a_task() -> None:
    plan = split(SPEC_KIT)

    assert (plan.kind, [prompt.split("\n")[0] for prompt in plan.prompts]) == (
        "items",
        ["T002 [P] Check the dependencies", "T003 [P] [US1] Test the empty list", "T004 [US1] Test a long one"],
    )
    assert plan.prompts[1].endswith("From Tasks: recipes › Phase 2: List › Tests for the list")
    assert plan.done == ("T001 Make the folders",)
    assert "- Commit after each task" in plan.rest


def test_criteria_and_a_legend_are_not_tasks() -> None:
    text = """\
## Legend
- [ ] open
- [x] done

## Work
- [ ] one
- [ ] two

**Acceptance criteria:**

- [ ] it is quick

## More
- [ ] three
- [ ] four

### Definition of done
- [ ] reviewed
"""
    assert [prompt.split("\n")[0] for prompt in prompts(text)] == ["one", "two", "three", "four"]


def test_sections_that_are_nothing_but_lists_are_their_items() -> None:
    text = "# Ideas\n\n## Planned ##\n* one\n* two\n* three\n\n## Perhaps ##\n* four\n\n## Done ##\n* five\n"
    plan = split(text)

    assert [prompt.split("\n")[0] for prompt in plan.prompts] == ["one", "two", "three", "four"]
    assert plan.done == ("five",)


@pytest.mark.parametrize("headings", [("Now", "Later"), ("🐛 Bugs", "Nice to have:"), ("High priority", "To do")])
def test_short_lists_under_the_names_of_groups_are_their_items(headings: tuple[str, str]) -> None:
    text = "# Roadmap\n\n## {}\n* Fix login\n* Fix logout\n\n## {}\n* Write docs\n\n## Done\n- old thing\n"
    plan = split(text.format(*headings))

    assert [prompt.split("\n")[0] for prompt in plan.prompts] == ["Fix login", "Fix logout", "Write docs"]
    assert plan.done == ("old thing",)


def test_what_is_done_does_not_turn_notes_into_tasks() -> None:
    text = "# Plan\n\n## Fix login\n* It says 500\n\n## Fix logout\n* In Safari\n\n## Done\n- a\n- b\n- c\n- d\n"

    assert [prompt.split("\n")[0] for prompt in prompts(text)] == ["## Fix login", "## Fix logout"]


def test_a_document_has_its_tasks_where_it_says_so() -> None:
    text = """\
# Dark mode

## Background
It is bright.

## Goals
- less light

## Implementation steps

1. Begin
   - with a file
2. Detect
   - the colours

## Risks
- none
"""
    assert prompts(text) == [
        "Begin\n- with a file\n\nFrom Dark mode › Implementation steps",
        "Detect\n- the colours\n\nFrom Dark mode › Implementation steps",
    ]


@pytest.mark.parametrize("way", ["items", "headings"])
def test_a_way_that_was_asked_for_is_taken(way: str) -> None:
    text = "## One\n- [ ] a\n\n## Two\n- [ ] b\n"

    assert [prompt.partition("\n")[0] for prompt in prompts(text, way)] == (
        ["a", "b"] if way == "items" else ["## One", "## Two"]
    )


def test_a_text_that_is_longer_than_any_plan_is_refused_with_the_next_step() -> None:
    for text, words in (("- one\n" * 50_000, "50,000 lines; at most 30,000"), ("|a" * 100_001, "cells of tables")):
        with pytest.raises(InvalidValue, match=words) as refusal:
            split(text)
        assert "queue it as one task" in refusal.value.hint
    assert len(split("- one\n" * 1_000).prompts) == 1_000


def test_code_below_a_line_belongs_to_it_however_much_there_is() -> None:
    text = "Fix it:\n" + "```\nx\n```\n" * 300 + "Then this.\n"

    assert [prompt.count("```") for prompt in split(text).prompts] == [600, 0]


MIXED = """\
# Timer

## Constraints
- No new dependency.
- The old format stays.

## To do
- [x] Pause
- [ ] Resume
- [ ] Reset

## Ideas
- A dark mode
"""


@holds("plans")
def test_items_without_a_box_are_left_out_and_counted_where_others_have_one() -> None:
    for way in ("auto", "items"):
        plan = split(MIXED, way)

        assert [prompt.partition("\n")[0] for prompt in plan.prompts] == ["Resume", "Reset"]
        assert plan.unboxed == 3


def test_all_items_of_a_plan_are_tasks_if_that_is_asked_for() -> None:
    plan = split(MIXED, "lists")

    assert [prompt.partition("\n")[0] for prompt in plan.prompts] == [
        *("No new dependency.", "The old format stays."),
        *("Resume", "Reset", "A dark mode"),
    ]
    assert (plan.done, plan.unboxed) == (("Pause",), 0)


@pytest.mark.parametrize(
    "text", ["- [ ] a\n  - why\n- [ ] b\n", "## A\n- a\n- b\n- c\n\n## B\n- d\n- e\n", "## A\ntext\n\n## B\n- x\n"]
)
def test_a_plan_that_leaves_no_item_out_counts_none(text: str) -> None:
    assert split(text).unboxed == 0
