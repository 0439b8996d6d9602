"""A script of the index as a task: what the person says goes before its header, at every door the same."""

import pytest

from sparkq_core import tasks
from sparkq_core.errors import InvalidValue, NoSuchScript
from sparkq_core.project import SparkQ
from sparkq_core.tasks import Draft

HEADER = "# name: deploy\n# inputs: ENV (required)\n# task_class: LLM_LITE\n# timeout: 600\n"


@pytest.fixture(autouse=True)
def _script(sq: SparkQ) -> None:
    folder = sq.config.root / "scripts"
    folder.mkdir()
    (folder / "deploy.sh").write_text(HEADER)


def draft(sq: SparkQ, **said: str | int) -> Draft:
    return tasks.of_script(sq, "deploy", {"ENV": "staging"}, **said)  # type: ignore[arg-type]  # any of its options


def test_the_header_decides_what_nobody_says(sq: SparkQ) -> None:
    assert draft(sq)[1:] == ("run-bash", "LLM_LITE", 600, None)
    assert "- ENV = staging" in draft(sq).prompt


def test_a_class_that_is_named_brings_its_own_timeout(sq: SparkQ) -> None:
    assert draft(sq, task_class="FAST_SCRIPT").timeout is None
    assert draft(sq, task_class="FAST_SCRIPT", timeout=7).timeout == 7
    assert draft(sq, tool="llm-haiku")[1:] == ("llm-haiku", "LLM_LITE", 600, None)


def test_what_does_not_fit_the_script_is_refused(sq: SparkQ) -> None:
    with pytest.raises(InvalidValue, match="deploy needs ENV"):
        tasks.of_script(sq, "deploy", {})
    with pytest.raises(NoSuchScript):
        tasks.of_script(sq, "biuld", {})
