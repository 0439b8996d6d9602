"""The packet of a claim: what a worker needs to begin, within the size of an answer."""

from sparkq_core import queues, wire
from sparkq_core.model import Claim
from sparkq_mcp.chat import Chat, Desk
from sparkq_mcp.fit import LIMIT, Long, fitted
from sparkq_mcp.history import reading_on

SIZE = LIMIT - 300
"""Bytes of a packet: it may come with the answer to a completion."""

PREVIOUS_SIZE = 2000
"""Bytes of the earlier outcome, however much room there is."""


def of_claim(desk: Desk, chat: Chat, taken: Claim | None) -> wire.Json:
    """The packet of what `chat` was given, and its queue's instructions if this chat has not seen them as they are now."""
    if taken is None:
        others = chat.open_claims(desk.sq)
        step = "Settle the open claims." if others else "The queue is empty: stop, or claim with wait."
        return {"task": None, "remaining": 0, "next": step} | ({"open_claims": others} if others else {})
    chat.took(taken)
    number = taken.task.id
    found: wire.Json = {"task": wire.claimed(taken)}
    of, text = queues.instructions_by_id(desk.sq, taken.task.queue_id)
    if of.revision > 0 and chat.shown.get(of.id) != of.revision:
        found["instructions"] = text
        chat.shown[of.id] = of.revision
    others = chat.open_claims(desk.sq, but=number)
    if others:
        found["open_claims"] = others
    step = f"Do it, then complete or fail {number}; progress before the deadline keeps it."
    return _fitted(found | {"remaining": taken.remaining, "next": step}, taken, of.name)


def _fitted(found: wire.Json, taken: Claim, queue: str) -> wire.Json:
    """What is cut of it is to be read on before the work begins, except how an earlier attempt ended."""
    task, call = found["task"], reading_on(taken.task.id)
    texts = [
        Long(task, "prompt", "prompt", call),
        Long(task, "feedback", "feedback", call),
        Long(found, "instructions", "instructions", instructions_of(queue)),
    ]
    if taken.earlier is not None and taken.earlier.text is not None:
        task["previous"]["text"] = taken.earlier.text
        texts.append(Long(task["previous"], "text", f"attempt-{taken.earlier.attempt}", call, PREVIOUS_SIZE))
    fit = fitted(found, texts, SIZE)
    if {"prompt", "feedback", "instructions"} & fit.get("more", {}).keys():
        fit["next"] = f"Read on what is cut, by the calls in more. {fit['next']}"
    return fit


def instructions_of(queue: str) -> str:
    """The call that gives more of a queue's instructions."""
    return f"queue_instructions(queue='{queue}', more='{{more}}')"
