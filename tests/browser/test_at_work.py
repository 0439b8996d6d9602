"""The page says which chat works a queue until it is empty, as soon as it does."""

from sparkq_core import project
from sparkq_core.chats import Caller
from sparkq_core.queues import assignments
from sparkq_core.queues.assignments import Order
from tests.browser.screen import Screen, expect
from tests.harness.task_steps import add
from tests.http.caller import Served
from tests.promises import holds

EVIL = Caller("claude<img src=x onerror=alert(1)>", session="a-8d2a")


@holds("assignment")
def test_inbox_and_queues_say_which_chat_is_at_work(screen: Screen, served: Served, line: str) -> None:
    behind = project.open(served.root, env={})
    add(behind, "Fix the dates", queue=line)
    screen.open("/inbox")
    at_work = screen.main.get_by_label("Chats at work")
    expect(at_work).to_have_count(0)

    assignments.give(behind, EVIL, Order(line), None)

    said = f"claude<img src=x onerror=alert(1)> works {line} until it is empty, 1 left"
    expect(at_work).to_have_text(said)
    screen.open("/queues")
    expect(at_work).to_have_text(said)
    behind.close()
