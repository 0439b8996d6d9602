"""The project behind the tools, and when it takes up a changed configuration."""

import pytest

from sparkq_core import events
from sparkq_core.installation import configure
from sparkq_core.project import SparkQ
from sparkq_mcp.answers.next_step import Steps
from sparkq_mcp.chat import NOTHING_TOLD
from sparkq_mcp.state import ServerState
from tests.harness.projects import second_handle
from tests.harness.task_steps import add


def test_each_event_is_looked_at_once_for_a_reload_and_none_is_missed(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sq.config.root / "sparkq.yml"
    file.write_text("task_classes: {TINY: 7}\n")
    reloaded, looked_after = events.reloaded, []

    def reloaded_just_thereafter(opened: SparkQ, after: int) -> bool:
        looked_after.append(after)
        answer = reloaded(opened, after)
        if len(looked_after) == 2:
            file.write_text("task_classes: {SMALL: 9}\n")
            configure.reload(sq)
        return answer

    monkeypatch.setattr(events, "reloaded", reloaded_just_thereafter)
    state, noted = ServerState(lambda: second_handle(sq), Steps(frozenset()), NOTHING_TOLD), []
    for prompt in ("one", "two"):
        noted.append(events.last(state.sq))
        add(sq, prompt)
        assert "TINY" in state.sq.config.settings.task_classes

    assert "SMALL" in state.sq.config.settings.task_classes
    assert looked_after[:2] == noted
    state.sq.close()
