"""Definitions of links in a plan: each task has those that it uses, and the others are said to be left out."""

import pytest

from sparkq_core.plans import split
from sparkq_core.plans.splitting import BY
from tests.promises import holds

SPEC = '[spec]: docs/spec-v2.md "Version 2"'


@holds("plans")
@pytest.mark.parametrize("link", ["[the format][spec]", "[Spec][]", "[ SPEC ]", "![the format][spec]"])
def test_a_task_has_the_definitions_that_it_uses(link: str) -> None:
    plan = split(f"# Plan\n\n- [ ] Implement {link}\n- [ ] Test it\n\n{SPEC}\n")

    assert plan.prompts == (f"Implement {link}\n\n{SPEC}", "Test it")
    assert plan.rest == ()


def test_the_headings_come_after_the_definitions() -> None:
    plan = split(f"# Plan\n\n## One\n\n- [ ] Read [spec]\n\n## Two\n\n- [ ] Test it\n\n{SPEC}\n", "items", "plan.md")

    assert plan.prompts[0] == f"Read [spec]\n\n{SPEC}\n\nFrom plan.md › One"


def test_a_definition_in_the_task_is_not_repeated() -> None:
    plan = split(f"- [ ] Read [spec]\n\n  {SPEC}\n- [ ] Follow [spec]\n")

    assert plan.prompts == (f"Read [spec]\n\n{SPEC}", f"Follow [spec]\n\n{SPEC}")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("> [spec]: docs/spec.md", "[spec]: docs/spec.md"),
        ("> [spec]:\n> docs/spec.md", "[spec]:\ndocs/spec.md"),
        ("- Notes\n\n  [spec]: docs/spec.md", "[spec]: docs/spec.md"),
        ("[spec]:\n   <docs/a spec.md>\n   'The format'", "[spec]:\n<docs/a spec.md>\n'The format'"),
    ],
)
def test_a_definition_is_found_wherever_it_was_written(written: str, kept: str) -> None:
    plan = split(f"## Tasks\n\n- [ ] Read [spec]\n- [ ] Test it\n\n## Links\n\n{written}\n", "items")

    assert plan.prompts[0] == f"Read [spec]\n\n{kept}"


@holds("plans")
def test_a_definition_that_no_task_uses_is_said_to_be_left_out() -> None:
    text = f"- [ ] Read [a]\n- [ ] Test it\n\n[a]: a.md\n[a]: another.md\n{SPEC}\n\n---\n\n<!-- a note -->\n\n<!-- b --> said\n"

    assert split(text).rest == ("[a]: another.md", SPEC, "<!-- b --> said")


def test_a_long_definition_is_not_repeated() -> None:
    long = f"[a]: a.md '{'x' * 1000}'"

    assert split(f"- [ ] Read [a]\n- [ ] Test it\n\n{long}\n").rest == (long,)


def test_headings_and_lines_have_their_definitions_too() -> None:
    assert split(f"## One\n\nRead [spec]\n\n## Two\n\nTest it\n\n{SPEC}\n").prompts[0].endswith(SPEC)
    assert split(f"Read [spec]\nTest it\n\n{SPEC}\n").prompts == (f"Read [spec]\n\n{SPEC}", "Test it")
    table = f"| task |\n|---|\n| Read [spec] |\n| Test it |\n\n{SPEC}\n"
    assert SPEC in split(table, "rows").prompts[0]


@pytest.mark.parametrize(
    "text", ["[a]: b\n" * 20_000, "- [ ] [a] [b]\n" * 10_000 + "\n[a]: c\n[b]: d\n", "[" * 50_000 + "a]: b"]
)
def test_no_number_of_links_is_too_many(text: str) -> None:
    for by in BY:
        assert split(text, by).kind
