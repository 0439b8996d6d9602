"""An interrupt ends it: a chat that you stopped with Esc is yours again, and is not led back to its queue."""

from threading import Event

from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import tool
from tests.harness.shell import SECONDS
from tests.harness.task_steps import add, queued_ids
from tests.promises import holds

ESC = b"\x1b"


@holds("assignment-interrupt")
def test_an_interrupted_chat_is_not_led_back_to_its_queue(
    plugged: ClaudeCode, model: ScriptedModel, store: SparkQ
) -> None:
    _, *left = add(store, "one", "two", "three")
    claimed, over = Event(), Event()

    def claim_and_think(seen: Conversation) -> Answer:
        if not seen.results:
            return tool("claim", queue=seen.queue)
        claimed.set()
        over.wait(SECONDS)
        return "I was too slow."

    model.scripts |= {"/sparkq:work": claim_and_think, "Why": lambda _: "Because."}
    with plugged.chat() as chat:
        chat.until("❯")
        chat.say("/sparkq:work backend")
        chat.until_true(claimed.is_set)
        chat.press(ESC)
        chat.until("Interrupted")
        over.set()
        chat.say("Why so slow?")
        chat.until("Because.")
        chat.until_true(lambda: assignments.open_ones(store) == ())
        chat.say("Why indeed?")
        chat.until("Because.")

    assert queued_ids(store) == left
    assert f"SparkQ: {len(left)} tasks are left" not in str(model.requests)
