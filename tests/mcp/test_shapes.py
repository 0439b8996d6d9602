"""The shapes of the tools' results against those of the other doors."""

from types import NoneType
from typing import Any, get_args

import pytest
from typing_extensions import get_type_hints

from sparkq_core import shapes as core
from sparkq_mcp.answers import shapes


@pytest.mark.parametrize(
    ("shape", "declared", "own"),
    [
        (shapes.QueueLine, core.Queue, set()),
        (shapes.PeekLine, core.Task, set()),
        (shapes.TaskLine, core.FinishedTask, {"age_s"}),
        (shapes.WholeTask, core.TaskHistory, {"more", "part", "text"}),
        (shapes.Enqueued, core.QueuedTask, {"again"}),
        (shapes.Requeued, core.QueuedTask, set()),
        (shapes.Released, core.Task, {"next"}),
        (shapes.Progressed, core.Task, set()),
        (shapes.Settlement, core.Settled, {"next", "claimed"}),
    ],
)
def test_a_key_has_the_name_and_the_type_that_it_has_at_the_other_doors(
    shape: type, declared: type, own: set[str]
) -> None:
    shared = {key: type_ for key, type_ in types_of(shape).items() if key not in own}

    assert shared == {key: type_ for key, type_ in types_of(declared).items() if key in shared}


def types_of(shape: type) -> dict[str, Any]:
    """The type of each key where it has a value."""
    return {key: _without_none(hint) for key, hint in get_type_hints(shape).items()}


def _without_none(hint: Any) -> Any:
    values = [value for value in get_args(hint) if value is not NoneType]
    return values[0] if NoneType in get_args(hint) and len(values) == 1 else hint
