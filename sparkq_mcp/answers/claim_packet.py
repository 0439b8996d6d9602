"""The packet of a claim: what a worker needs to begin, within the size of an answer."""

from sparkq_core import wire
from sparkq_core.model import Claim, Settled
from sparkq_mcp.answers.task_view import reading_on
from sparkq_mcp.answers.truncation import LIMIT, Long, fitted
from sparkq_mcp.chat import Chat
from sparkq_mcp.state import ServerState

SIZE = LIMIT - 300
"""Bytes of a packet: it may come with the answer to a completion."""

PREVIOUS_SIZE = 2000
"""Bytes of the earlier outcome, however much room there is."""

OPEN = "Settle the open claims."
EMPTY = "The queue is empty"


def of_claim(state: ServerState, chat: Chat, taken: Claim | None) -> wire.Json:
    """The packet of what `chat` was given, and its queue's instructions if this chat has not seen them as they are now."""
    if taken is None:
        others = chat.open_claims(state.sq)
        step = OPEN if others else f"{EMPTY}: stop, or claim with wait."
        return {"task": None, "remaining": 0, "next": step} | ({"open_claims": others} if others else {})
    chat.took(taken)
    number = taken.task.id
    found: wire.Json = {"task": wire.claimed(taken)}
    queue_id, revision = taken.task.queue_id, taken.instructions_revision
    if revision > 0 and chat.shown.get(queue_id) != revision:
        found["instructions"] = taken.instructions
        chat.shown[queue_id] = revision
    others = chat.open_claims(state.sq, but=number)
    if others:
        found["open_claims"] = others
    step = f"Do it, then complete or fail {number}; progress before the deadline keeps it."
    return _fitted(found | {"remaining": taken.remaining, "next": step}, taken)


def of_none(state: ServerState, chat: Chat, done: Settled, claim_next: bool) -> wire.Json:
    """What comes after an outcome with which nothing was claimed. Whoever reports one again may have missed the task that
    was claimed with it, and is told of the open claims."""
    others = chat.open_claims(state.sq) if claim_next or done.again else []
    steps = ["It was settled so before; nothing changed."] if done.again else []
    if done.archived:
        steps.append(f"The queue {done.task.queue} is archived: it gives nothing.")
    if others:
        steps.append(f"{OPEN} claim with task_id shows one again." if done.again else OPEN)
    elif not done.archived:
        waits = f"{EMPTY}: stop, or claim with wait." if claim_next else f"{EMPTY}."
        steps.append("Claim the next task." if done.remaining else waits)
    held = {"open_claims": others} if others else {}
    given = {"claimed": {"task": None} | held} if claim_next and not done.again else held
    return {"next": " ".join(steps)} | given


def _fitted(found: wire.Json, taken: Claim) -> wire.Json:
    """What is cut of it is to be read on before the work begins, except how an earlier attempt ended."""
    task, call = found["task"], reading_on(taken.task.id)
    texts = [
        Long(task, "prompt", "prompt", call),
        Long(task, "feedback", "feedback", call),
        Long(found, "instructions", "instructions", instructions_of(taken.task.queue)),
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
