"""No promise is forgotten: each has a test, and every tool and command has a promise."""

from pathlib import Path

import pytest

from sparkq_cli.command_list import COMMANDS
from sparkq_mcp.tools import all_tools
from tests import promises
from tests.promises import PROMISES, held, holds


@holds("every-promise-has-a-test")
def test_every_promise_has_a_test() -> None:
    assert sorted(PROMISES.keys() - held().keys()) == []


def test_every_promise_ends_as_a_sentence() -> None:
    assert [name for name, sentence in PROMISES.items() if not sentence.endswith(".")] == []


def test_every_tool_and_every_command_has_a_promise() -> None:
    assert [tool.name for tool in all_tools() if f"tool-{tool.name}" not in PROMISES] == []
    assert [name for name in COMMANDS if f"command-{name}" not in PROMISES] == []


def test_a_test_cannot_hold_an_unknown_promise() -> None:
    with pytest.raises(ValueError, match=r"Unknown promise no-such, nor-such\."):
        holds("claim-once", "no-such", "nor-such")


def test_only_what_pytest_collects_holds_a_promise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "TESTS", tmp_path)
    test = '@holds("fail", "complete")\ndef test_x(): ...\n'
    (tmp_path / "test_x.py").write_text(test)
    (tmp_path / "helper.py").write_text(test)
    (tmp_path / "test_y.py").write_text(
        '@holds("cancel")\ndef helper(): ...\n\nTestModel = holds("model")(Model.TestCase)\n'
    )

    assert held() == {
        "fail": ["test_x.py::test_x"],
        "complete": ["test_x.py::test_x"],
        "model": ["test_y.py::TestModel"],
    }
