"""No requirement is forgotten: each is held by tests that exist, or awaited from an issue, never both."""

from collections import Counter

import pytest

from sparkq_cli.command_list import ROOMS
from sparkq_mcp.tools import all_tools
from tests.required.requirement import Requirement, awaits, held
from tests.requirements import ISSUES, REQUIREMENTS, exists, report


def wrong_with(one: Requirement) -> str:
    """What is wrong with a requirement, or nothing."""
    if not one.tests and one.open_in is None:
        return f"{one.id}: no test holds it and no issue brings it"
    if one.tests and one.open_in is not None:
        return f"{one.id}: it is held by tests and open in issue {one.open_in}"
    if one.open_in is not None and one.open_in not in ISSUES:
        return f"{one.id}: issue {one.open_in} is none of this plan's"
    missing = [node for node in one.tests if not exists(node)]
    return f"{one.id}: there is no test {', '.join(missing)}" if missing else ""


def test_every_requirement_is_held_or_awaited() -> None:
    assert [wrong for one in REQUIREMENTS if (wrong := wrong_with(one))] == []


def test_every_requirement_has_an_id_of_its_own_and_a_sentence() -> None:
    assert [one for one, count in Counter(one.id for one in REQUIREMENTS).items() if count > 1] == []
    assert [one.id for one in REQUIREMENTS if not one.sentence.endswith(".")] == []


def test_every_tool_and_every_command_is_a_requirement() -> None:
    ids = {one.id for one in REQUIREMENTS}

    assert [tool.name for tool in all_tools() if f"D6.tool-{tool.name}" not in ids] == []
    assert [name for name in ROOMS if not {f"R7.{name}", f"D6.command-{name}"} & ids] == []


@pytest.mark.parametrize(
    "bad",
    [
        Requirement("X.none", "Nobody looks after it."),
        Requirement("X.both", "Two look after it.", ("test_requirements.py::test_a_bad_requirement_is_noticed",), 3),
        held("X.no-file", "Its test is nowhere.", "core/test_nowhere.py::test_x"),
        held("X.no-test", "Its test is gone.", "test_requirements.py::test_that_never_was"),
        held("X.no-function", "Its test is a helper.", "test_requirements.py::wrong_with"),
        held("X.no-test-file", "Its test is not collected.", "requirements.py::tests_in"),
        awaits(2, "X.past", "Its issue is over."),
        awaits(99, "X.future", "Its issue is none."),
    ],
    ids=lambda one: one.id,
)
def test_a_bad_requirement_is_noticed(bad: Requirement) -> None:
    assert wrong_with(bad).startswith(bad.id)


def test_what_is_open_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{report()}")

    assert all(one.id in report() for one in REQUIREMENTS if one.open_in)
    assert f"{len(REQUIREMENTS)} requirements" in report()
