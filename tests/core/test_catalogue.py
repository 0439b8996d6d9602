"""Tools and task classes: what a new project knows."""

import pytest

from sparkq_core import catalogue
from sparkq_core.errors import InvalidValue, NoSuchClass, NoSuchTool
from sparkq_core.project import SparkQ
from tests.promises import holds


@holds("task-classes")
def test_a_new_project_has_the_four_classes(sq: SparkQ) -> None:
    timeouts = {name: task_class.timeout for name, task_class in catalogue.classes(sq).items()}

    assert timeouts == {"FAST_SCRIPT": 30, "MEDIUM_SCRIPT": 300, "LLM_LITE": 300, "LLM_HEAVY": 900}


def test_a_new_project_has_the_five_tools_each_with_a_class_and_a_sentence(sq: SparkQ) -> None:
    tools = catalogue.tools(sq)

    assert set(tools) == {"run-bash", "run-python", "llm-haiku", "llm-sonnet", "llm-codex"}
    assert {tool.task_class for tool in tools.values()} <= set(catalogue.classes(sq))
    assert all(tool.how.endswith(".") for tool in tools.values())
    assert catalogue.DEFAULT_TOOL in tools


def test_an_unknown_tool_or_class_is_refused_with_the_nearest(sq: SparkQ) -> None:
    with pytest.raises(NoSuchTool) as tool:
        catalogue.tool(sq, "run-pyhton")
    with pytest.raises(NoSuchClass) as task_class:
        catalogue.task_class(sq, "fast_script")

    assert tool.value.hint == "Did you mean run-python or run-bash?"
    assert "FAST_SCRIPT" in task_class.value.hint


@pytest.mark.parametrize("seconds", [1, 604_800])
def test_a_timeout_is_a_second_to_a_week(seconds: int) -> None:
    assert catalogue.checked_timeout(seconds) == seconds
    with pytest.raises(InvalidValue):
        catalogue.checked_timeout(seconds - 1 if seconds == 1 else seconds + 1)
