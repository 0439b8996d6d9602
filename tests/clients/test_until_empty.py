"""The plugin keeps a chat at the queue that you gave it, with a model that stops after each task."""

import json
from threading import Event

import pytest

from sparkq_core import tasks
from sparkq_core.clock import SystemClock, time_of_day
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode, ended
from tests.clients.conversation import Answer, Call, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import completion, packet_in, tool
from tests.harness.shell import SECONDS
from tests.harness.task_steps import add, attempts, queued_ids
from tests.promises import holds
from tests.proof.extent import in_prove

LAZY = "That is enough for now."


def reminders(seen: Conversation) -> list[str]:
    """What the chat was reminded of."""
    return [text for text in seen.said if "The person asked this chat to work" in text or "still holds" in text]


def settle(seen: Conversation) -> list[Call]:
    """Fail a task that says so, and complete every other."""
    packet = packet_in(seen.latest)
    assert packet is not None
    if "impossible" not in packet["task"]["prompt"]:
        return completion(seen.latest)
    return tool("fail", task_id=packet["task"]["id"], attempt=packet["task"]["attempt"], error="It is impossible.")


def stop_after_each(seen: Conversation) -> Answer:
    """Do one task, stop, and do the next one only when reminded."""
    if packet_in(seen.latest):
        return settle(seen)
    done = len(seen.results) // 2
    return tool("claim", queue=seen.queue) if len(reminders(seen)) >= done else LAZY


@pytest.fixture
def lazy(model: ScriptedModel) -> ScriptedModel:
    """A model that stops after each task."""
    model.scripts["/sparkq:work"] = stop_after_each
    return model


def outcomes(sq: SparkQ, ids: list[int]) -> list[str]:
    """The status of each task."""
    return [tasks.get(sq, task_id).status for task_id in ids]


@holds("assignment", "mcp-claude-code")
def test_a_queue_of_12_is_emptied_though_the_model_stops_after_each_task(
    plugged: ClaudeCode, lazy: ScriptedModel, store: SparkQ
) -> None:
    ids = add(store, *(f"task {number}" for number in range(12)))

    answer = plugged.ask("/sparkq:work backend")

    assert answer["result"] == LAZY
    assert outcomes(store, ids) == ["succeeded"] * 12
    assert {len(attempts(store, task_id)) for task_id in ids} == {1}


@in_prove
@holds("assignment")
def test_a_second_chat_in_the_folder_is_not_touched(plugged: ClaudeCode, lazy: ScriptedModel, store: SparkQ) -> None:
    """It ends its turn while the first one is in the middle of its work."""
    ids = add(store, "one", "two", "three")
    begun, over = Event(), Event()

    def pause(seen: Conversation) -> Answer:
        if reminders(seen) and not over.is_set():
            begun.set()
            assert over.wait(SECONDS)
        return stop_after_each(seen)

    lazy.scripts |= {"/sparkq:work": pause, "Say hello": lambda _: "Hello."}
    first = plugged.start("/sparkq:work backend")
    assert begun.wait(SECONDS)
    second = plugged.ask("Say hello.")
    over.set()
    ended(first)

    assert (second["result"], second["num_turns"]) == ("Hello.", 1)
    assert outcomes(store, ids) == ["succeeded"] * 3


@in_prove
@holds("assignment")
def test_three_failures_in_a_row_end_it(plugged: ClaudeCode, lazy: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, "one", *(f"impossible {number}" for number in range(5)))

    assert plugged.ask("/sparkq:work backend")["result"] == LAZY

    assert outcomes(store, ids) == ["succeeded", "failed", "failed", "failed", "queued", "queued"]


@in_prove
@holds("assignment")
@pytest.mark.parametrize("keen", [False, True])
def test_it_ends_at_the_limit_of_5(plugged: ClaudeCode, lazy: ScriptedModel, store: SparkQ, keen: bool) -> None:
    """A model that never stops by itself is stopped too."""
    ids = add(store, *(f"task {number}" for number in range(7)))

    def never_stop(seen: Conversation) -> Answer:
        if packet_in(seen.latest):
            return completion(seen.latest, claim_next=True)
        return tool("claim", queue=seen.queue) if not seen.results else seen.latest["next"]

    if keen:
        lazy.scripts["/sparkq:work"] = never_stop
    answer = plugged.ask("/sparkq:work backend 5")["result"]

    assert outcomes(store, ids) == ["succeeded"] * 5 + ["queued"] * 2
    told = "All 5 tasks are done, so this chat gets no more tasks. Stop, and tell the person what was done."
    assert answer == (told if keen else LAZY)


@holds("assignment")
def test_it_ends_at_the_hour(plugged: ClaudeCode, lazy: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, "one", "two", "three", "four")

    def until_the_hour(seen: Conversation) -> Answer:
        if len(reminders(seen)) == 2:  # as if the hour had come
            with store.db.write() as tx:
                tx.run("UPDATE assignments SET until = :now", {"now": store.clock.now() - 1})
        return stop_after_each(seen)

    lazy.scripts["/sparkq:work"] = until_the_hour
    hour = time_of_day(SystemClock().now() + 7_200_000)
    plugged.ask(f"/sparkq:work backend until {hour}")

    assert outcomes(store, ids) == ["succeeded", "succeeded", "queued", "queued"]
    assert f"work backend until {hour}:" in json.dumps(lazy.requests[-1])


@holds("assignment")
def test_a_chat_that_holds_a_task_is_reminded_once(plugged: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    """Whether it was assigned or not, and whatever it then does."""
    (task_id,) = add(store, "one")
    answer = plugged.ask("Hold a task of backend.", "--allowedTools", "mcp__plugin_sparkq_sparkq")

    assert answer["result"] == "I hold it."
    assert json.dumps(model.requests[-1]).count("this chat still holds #1 (attempt 1)") == 1
    assert tasks.get(store, task_id).status == "running"


@holds("assignment")
def test_a_chat_does_what_it_is_reminded_of(plugged: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, "one", "two")

    def forget_to_complete(seen: Conversation) -> Answer:
        held = packet_in(seen.latest)
        if held is None:
            return tool("claim", queue=seen.queue) if len(seen.results) < 4 else LAZY
        number = f"#{held['task']['id']} "
        return completion(seen.latest) if any(number in text for text in reminders(seen)) else LAZY

    model.scripts["/sparkq:work"] = forget_to_complete
    plugged.ask("/sparkq:work backend")

    assert outcomes(store, ids) == ["succeeded"] * 2


@holds("assignment")
def test_what_cannot_be_obeyed_is_said_before_a_model_is_asked(
    plugged: ClaudeCode, lazy: ScriptedModel, store: SparkQ
) -> None:
    add(store, "one")
    process = plugged.start("/sparkq:work bakcend")
    out, err = process.communicate(timeout=SECONDS)

    assert "There is no queue 'bakcend'. Did you mean backend?" in out + err
    assert [request for request in lazy.requests if request.get("tools")] == []
    assert queued_ids(store) == [1]


@holds("assignment")
def test_you_end_it_with_a_command(plugged: ClaudeCode, lazy: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, "one", "two", "three")
    lazy.scripts |= {"/sparkq:stop": lambda _: "I have stopped.", "Say hello": lambda _: "Hello."}
    waits, goes_on = Event(), Event()

    def wait(seen: Conversation) -> Answer:
        if reminders(seen):
            waits.set()
            assert goes_on.wait(SECONDS)
        return stop_after_each(seen)

    lazy.scripts["/sparkq:work"] = wait
    with plugged.chat() as chat:
        chat.until("❯")
        chat.say("/sparkq:work backend")
        chat.until_true(waits.is_set)
        chat.press(b"\x1b")  # an interrupt: no reminder comes
        chat.until("Interrupted")
        goes_on.set()
        chat.say("/sparkq:stop")
        chat.until("I have stopped.")
        chat.say("Say hello")
        chat.until("Hello.")

    assert outcomes(store, ids) == ["succeeded", "queued", "queued"]
