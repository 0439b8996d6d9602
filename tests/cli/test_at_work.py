"""Everyone sees which chat works a queue until it is empty."""

from sparkq_cli.picture import picture
from sparkq_core.chats import Caller
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from sparkq_core.queues.assignments import Order
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.promises import holds

SENTENCE = "claude-code works backend until it is empty, 3 left"


@holds("assignment")
def test_overview_list_and_json_say_which_chat_is_at_work(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    before = shell.ok("queue", "list")
    assignments.give(sq, Caller("claude-code", session="a-8d2a"), Order("backend"), None)

    assert "works backend" not in before
    assert SENTENCE in shell.ok().splitlines()
    assert SENTENCE in shell.ok("queue", "list").splitlines()
    assert f"  {SENTENCE}" in picture(sq, None)
    expected = {"client": "claude-code", "queue": "backend", "fresh": False, "left": 3, "text": SENTENCE}
    assert shell.facts("queue", "list")["assignments"] == [expected]
    assert shell.facts()["assignments"] == [expected]
