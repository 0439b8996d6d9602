"""What the model does with a queue: it follows what the answers of the tools say, to the letter."""

import json
import re

from tests.clients.conversation import Answer, Call, Conversation, Message, Script

HELD = "I hold it."
SPELLED = re.compile(r"complete\(task_id=(\d+), attempt=(\d+), result=…\)")

WOKEN = re.compile(r"<task-notification>.*<result>\s*(\{.*\})\s*</result>", re.DOTALL)
"""What the client says when a call that it moved to the background has come back."""


def tool(name: str, **arguments: object) -> list[Call]:
    """A call of one of SparkQ's tools."""
    return [Call(f"mcp__sparkq__{name}", arguments)]


def packet_in(answer: Message) -> Message | None:
    """The packet that an answer brings, if it brings a task."""
    packet: Message = answer.get("claimed", answer)
    return packet if packet.get("task") else None


def completion(answer: Message, **more: object) -> list[Call]:
    """The call that completes the task of an answer, as its `next` spells it."""
    packet = packet_in(answer)
    assert packet is not None, answer
    spelled = SPELLED.search(answer["next"])
    assert spelled is not None, answer["next"]
    task_id, attempt = map(int, spelled.groups())
    return tool("complete", task_id=task_id, attempt=attempt, result=f"Did {packet['task']['prompt']}.", **more)


def work_the_queue(seen: Conversation) -> Answer:
    """Claim, then complete and claim the next until there is none."""
    if not seen.results:
        return tool("claim", queue=seen.queue)
    if packet_in(seen.latest):
        return completion(seen.latest, claim_next=True)
    return f"Nothing more to do: {seen.results[-1]}"


def do_one_task(seen: Conversation) -> Answer:
    """Claim a task and complete it."""
    if not seen.results:
        return tool("claim", queue=seen.queue)
    if packet_in(seen.latest):
        return completion(seen.latest)
    return f"#{seen.latest.get('id')} is done."


def hold_a_task(seen: Conversation) -> Answer:
    """Claim a task and leave it at that."""
    return HELD if seen.results else tool("claim", queue=seen.queue)


def complete_without_number(seen: Conversation) -> Answer:
    """Complete the task that the person names, as a model that has forgotten the attempt."""
    if not seen.results:
        return tool("complete", task_id=int(seen.argument), result="Done.")
    return f"It said: {seen.results[-1]}"


def wait_for_work(seen: Conversation) -> Answer:
    """Wait for a task, longer than the client lets a call stand in the way, and complete it when it wakes the chat."""
    if not seen.results:
        return tool("claim", queue=seen.queue, wait=600)
    if len(seen.results) == 1:
        match = WOKEN.search("\n".join(seen.said))
        return completion(json.loads(match[1])) if match else "I wait."
    return f"#{seen.latest.get('id')} is done."


SCRIPTS: dict[str, Script] = {
    "Work the queue": work_the_queue,
    "Do one task of": do_one_task,
    "Hold a task of": hold_a_task,
    "Wait for": wait_for_work,
    "Complete": complete_without_number,
}
"""What is done when the person's text begins so."""
